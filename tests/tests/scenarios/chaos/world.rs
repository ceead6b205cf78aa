//! A machine with two databases, two stores for each, and several keys.

use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use aitta_engine::keys::KeyRing;
use aitta_testing::Aitta;
use serde_json::Value;
use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Runtime;

use super::blow;
use super::databases::{Lite, Live, Shop};
use super::ledger::Ledger;
use super::random::Random;
use super::state::State;
use super::tally::Tally;

pub(super) struct World {
    pub(super) aitta: Aitta,
    pub(super) random: Random,
    pub(super) lives: [Box<dyn Live>; 2],
    pub(super) ledgers: [Ledger; 2],
    pub(super) tally: Tally,
    pub(super) runtime: Runtime,
    /// Ids of keys, and the keys.
    pub(super) keys: Vec<(String, String)>,
    /// Whether a rotation of the profile was begun and has not ended.
    pub(super) turning: [bool; 2],
    /// What is wrong, and takes nothing away: the run goes on, and fails at its end.
    pub(super) findings: Vec<String>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let aitta = Aitta::new().env_remove("BACKUP_ENCRYPTION_KEY").env_remove("BACKUP_LOCAL_DIR");
        let home = aitta.home().to_owned();
        let at = |name: &str| home.join(name).display().to_string();
        // Everything that a killed program leaves lies below its home, and can be counted.
        fs::create_dir(home.join("tmp")).unwrap();
        let aitta = aitta
            .env("AITTA_KEY_FILE", &at("keys.sealed"))
            .env("AITTA_KEY_PASSPHRASE", "neljä kuivaa koivuhalkoa")
            .env("AITTA_CONFIG", &at("aitta.toml"))
            .env("TMPDIR", &at("tmp"));
        let lives: [Box<dyn Live>; 2] = [Box::new(Shop::start()), Box::new(Lite::create(&home))];
        let ledgers = [0, 1].map(|which| Ledger::new(&home, lives[which].profile()));
        let profiles = [0, 1].map(|which| {
            let (live, ledger) = (&lives[which], &ledgers[which]);
            format!(
                "[profile.{}]\ndatabase = {:?}\nstore = {{ type = \"local\", dir = {:?} }}\n\
                 copies = [{{ type = \"local\", dir = {:?} }}]\n",
                live.profile(),
                live.url(),
                ledger.first,
                ledger.copy
            )
        });
        fs::write(home.join("aitta.toml"), profiles.join("\n")).unwrap();
        let (random, runtime) = (Random::of_seed(seed), Runtime::new().unwrap());
        let (tally, turning) = (Tally::default(), [false; 2]);
        let (keys, findings) = (Vec::new(), Vec::new());
        let mut world = Self { aitta, random, lives, ledgers, tally, runtime, keys, turning, findings };
        for _ in 0..3 {
            world.make_key();
        }
        world
    }

    pub(super) fn live(&self, which: usize) -> &dyn Live {
        self.lives[which].as_ref()
    }

    /// The lock of a profile, which an operation writes its process into.
    pub(super) fn lock(&self, which: usize) -> PathBuf {
        self.aitta.data_dir().join("locks").join(format!("profile-{}.lock", self.live(which).profile()))
    }

    /// Runs a command of a profile to its end, and expects success.
    #[track_caller]
    pub(super) fn json(&self, which: usize, args: &[&str]) -> Value {
        let mut all: Vec<String> =
            ["--profile", self.live(which).profile(), "--json"].map(str::to_owned).into();
        all.extend(args.iter().map(|arg| (*arg).to_owned()));
        let ended = blow::run(&self.aitta, &all, &self.lock(which), None);
        assert_eq!(ended.code, Some(0), "{args:?}: {}\n{}", ended.stdout, ended.stderr);
        ended.report().unwrap_or_else(|| panic!("{args:?} printed no report: {}", ended.stdout))
    }

    /// A new key, which is the active one from now on.
    pub(super) fn make_key(&mut self) {
        let kit = self.aitta.home().join(format!("kit-{}.txt", self.keys.len())).display().to_string();
        let made = self.json(0, &["key", "create", "--kit", &kit, "--reason", "routine"]);
        let words = fs::read_to_string(&kit).unwrap();
        // Groups of four digits with one to check them.
        let groups = words.split_whitespace().filter(|word| word.len() == 6 && word.as_bytes()[4] == b'-');
        let key: String = groups.map(|group| &group[..4]).collect();
        self.keys.push((made["key_id"].as_str().unwrap().to_owned(), key));
    }

    /// With all keys.
    pub(super) fn ring(&self) -> KeyRing {
        let ring = KeyRing::from_hex(&self.keys[0].1).unwrap();
        self.keys[1..].iter().fold(ring, |ring, (_, key)| ring.with_retired(key).unwrap())
    }

    /// With this one key, and the others one by one.
    pub(super) fn ring_of(&self, id: &str) -> (KeyRing, Vec<KeyRing>) {
        let (to, others): (Vec<_>, Vec<_>) = self.keys.iter().partition(|(key, _)| key == id);
        let ring = |(_, key): &&(String, String)| KeyRing::from_hex(key).unwrap();
        (ring(&to[0]), others.iter().map(ring).collect())
    }

    /// Makes the live database one that was never there, and returns what it holds.
    pub(super) fn change(&mut self, which: usize) -> Rc<State> {
        self.lives[which].change(&mut self.random);
        Rc::new(self.live(which).state())
    }

    /// Something that is wrong.
    pub(super) fn find(&mut self, what: String) {
        eprintln!("FINDING after {} kills: {what}", self.tally.kills);
        self.findings.push(what);
    }

    /// Numbers and outcomes of the runs of a profile, from the catalog itself.
    pub(super) fn runs(&self, which: usize) -> Vec<(i64, String, String)> {
        let url = format!("sqlite:{}", self.aitta.data_dir().join("catalog.db").display());
        self.runtime.block_on(async {
            let mut conn = SqliteConnection::connect(&url).await.unwrap();
            let sql = "SELECT id, outcome, coalesce(failure, '') FROM runs WHERE profile = ? ORDER BY id";
            let runs =
                sqlx::query_as(sql).bind(self.live(which).profile()).fetch_all(&mut conn).await.unwrap();
            conn.close().await.unwrap();
            runs
        })
    }

    /// How many rotations of a profile have not ended, by the journal of the catalog.
    pub(super) fn open_rotations(&self, which: usize) -> i64 {
        let url = format!("sqlite:{}", self.aitta.data_dir().join("catalog.db").display());
        self.runtime.block_on(async {
            let mut conn = SqliteConnection::connect(&url).await.unwrap();
            let sql = "SELECT count(*) FROM rotations WHERE profile = ? AND ended_ms IS NULL";
            let open =
                sqlx::query_scalar(sql).bind(self.live(which).profile()).fetch_one(&mut conn).await.unwrap();
            conn.close().await.unwrap();
            open
        })
    }
}

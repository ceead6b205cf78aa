use std::cell::RefCell;
use std::rc::Rc;

use aitta_model::{KeyText, Reason, ReasonCode, Timestamp};
use serde_json::{Value, json};

use super::*;

thread_local! {
    static SENT: RefCell<Vec<(Call, String)>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what was sent, and answers `null`.
struct Recorder;

impl Transport for Recorder {
    fn ask(&self, call: Call, args: String) -> Asked<String> {
        SENT.with_borrow_mut(|sent| sent.push((call, args)));
        Box::pin(async { Ok("null".to_owned()) })
    }

    fn follow(&self, call: Call, args: String, _: OnProgress) -> Asked<String> {
        self.ask(call, args)
    }

    fn listen(&self, call: Call, _: OnMessage) -> Asked<String> {
        self.ask(call, "{}".to_owned())
    }

    fn save(&self, _: &str, _: &str, _: Vec<u8>) -> Asked<Option<String>> {
        Box::pin(async { Ok(None) })
    }
}

fn sent() -> (Call, Value) {
    let (call, args) = SENT.with_borrow_mut(Vec::pop).expect("something was sent");
    (call, serde_json::from_str(&args).unwrap_or_else(|e| panic!("{e}: {args}")))
}

#[test]
fn a_request_is_sent_with_every_field_and_its_secrets() {
    let reason = Some(Reason { code: ReasonCode::Other, text: "a \"word\"".to_owned() }.to_string());
    let mfa = Some(MfaCode::new("123456"));
    let api = Api(&Recorder);

    let request = DeleteRequest { id: "a".to_owned(), reason: reason.clone(), mfa: mfa.clone() };
    drop(api.delete_archive(request));
    let request = json!({ "id": "a", "reason": "other: a \"word\"", "mfa": "123456" });
    assert_eq!(sent(), (Call::delete_archive, json!({ "request": request })));

    let gone = vec!["/mnt/old".to_owned()];
    drop(api.destroy_key(DestroyKeyRequest { key_id: "k".to_owned(), reason, mfa, gone }));
    let request =
        json!({ "key_id": "k", "reason": "other: a \"word\"", "mfa": "123456", "gone": ["/mnt/old"] });
    assert_eq!(sent(), (Call::destroy_key, json!({ "request": request })));

    drop(api.import_key(ImportKeyRequest { key: KeyText::new("0f\n1e"), reason: None, mfa: None }));
    assert_eq!(
        sent(),
        (Call::import_key, json!({ "request": { "key": "0f\n1e", "reason": null, "mfa": null } }))
    );
}

#[test]
fn what_holds_a_backup_and_what_lets_it_go_is_sent_as_the_engine_reads_it() {
    let api = Api(&Recorder);
    let (id, reason) = ("backup-1-a".to_owned(), Some("incident: lost".to_owned()));
    let until = Some(Timestamp::UNIX_EPOCH);
    let hold = HoldRequest { id: id.clone(), legal: true, until, reason: reason.clone() };
    drop(api.hold_archive(hold.clone()));
    let (call, args) = sent();
    assert_eq!(call, Call::hold_archive);
    assert_eq!(serde_json::from_value::<HoldRequest>(args["request"].clone()).expect("a request"), hold);

    let mfa = Some(MfaCode::new("123456"));
    drop(api.release_archive(ReleaseRequest { id: Some(id), reason: reason.clone(), mfa: mfa.clone() }));
    let request = json!({ "id": "backup-1-a", "reason": "incident: lost", "mfa": "123456" });
    assert_eq!(sent(), (Call::release_archive, json!({ "request": request })));

    drop(api.prune(PruneRequest { dry_run: false, agreed: true, reason, mfa }));
    let request = json!({ "dry_run": false, "agreed": true, "reason": "incident: lost", "mfa": "123456" });
    assert_eq!(sent(), (Call::prune, json!({ "request": request })));
}

#[test]
fn a_kit_for_a_store_is_sent_with_both_secrets_and_where_the_store_is() {
    let (store, credentials) = (StoreSettings::folder("/mnt/b"), StoreCredentials::new("id:hush"));
    let request =
        ImportKeyRequest { key: KeyText::new("0f 1e"), reason: Some("drill".to_owned()), mfa: None };
    drop(Api(&Recorder).import_key_of_store(&store, Some(&credentials), request));
    let request = json!({ "key": "0f 1e", "reason": "drill", "mfa": null });
    let store = json!({ "kind": "local", "settings": { "dir": "/mnt/b" }, "credentials_in_keychain": false });
    let args = json!({ "store": store, "credentials": "id:hush", "request": request });
    assert_eq!(sent(), (Call::import_key_of_store, args));
}

#[test]
fn a_restore_is_sent_as_the_engine_reads_it() {
    let request = RestoreRequest {
        tables: vec!["Booking".to_owned()],
        to: Some(DatabaseUrl::new("postgres://u:hush@db/x")),
        reason: Some("drill".to_owned()),
        no_owner: true,
        trust_code: true,
        mfa: Some(MfaCode::new("123456")),
        ..RestoreRequest::default()
    };
    drop(Api(&Recorder).restore(request.clone(), OperationId(7), Rc::new(|_| ())));
    let (call, args) = sent();
    assert_eq!((call, &args["operation"]), (Call::restore, &json!(7)));
    let read: RestoreRequest = serde_json::from_value(args["request"].clone()).expect("a request");
    assert_eq!(read, request);
}

//! The secrets of a story, in every form in which they could leak.

/// All of them. Each is recognisable and used for nothing else.
pub(crate) struct Secrets {
    /// The vault key.
    pub(crate) key: String,
    /// Another vault key, which opens none of the archives.
    pub(crate) other_key: String,
    /// Of the database. With characters that URLs encode.
    pub(crate) password: String,
    /// The exception of a machine.
    pub(crate) token: String,
    /// Stands for what is typed as second factor.
    pub(crate) recovery_code: String,
    all: Vec<Secret>,
}

/// One secret.
pub(crate) struct Secret {
    name: &'static str,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Secrets {
    pub(crate) fn new() -> Self {
        let key = "5ec2e70f1a9b83d4c6e7f8091b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e".to_owned();
        let other_key = "0ddba11c5a4b3928170615f4e3d2c1b0a99887766554433221100ffeeddccbb1".to_owned();
        let password = "kirves/naula@7319:pohja#ä".to_owned();
        let token = "aitta-mfa-9f31c07be2d84a6c".to_owned();
        let recovery_code = "KX7Q-9VTM-2HPD".to_owned();
        let all = vec![
            Secret::key("vault key", &key),
            Secret::key("other vault key", &other_key),
            Secret::words("database password", &password),
            Secret::words("MFA token", &token),
            Secret::words("recovery code", &recovery_code),
        ];
        Self { key, other_key, password, token, recovery_code, all }
    }

    /// One more, of words, that the story has come upon.
    pub(crate) fn add(&mut self, name: &'static str, text: &str) {
        self.all.push(Secret::words(name, text));
    }

    /// One more key.
    pub(crate) fn add_key(&mut self, name: &'static str, hex: &str) {
        self.all.push(Secret::key(name, hex));
    }

    pub(crate) fn all(&self) -> &[Secret] {
        &self.all
    }

    /// Where secrets are, as `name as form in artefact`.
    pub(crate) fn search(&self, artefacts: &[(String, Vec<u8>)]) -> Vec<String> {
        let mut found = Vec::new();
        for (artefact, bytes) in artefacts {
            for secret in &self.all {
                for (form, needle) in &secret.forms {
                    if holds(bytes, needle) {
                        found.push(format!("{} as {form} in {artefact}", secret.name));
                    }
                }
            }
        }
        found
    }

    /// Whether this is a log of the engine.
    pub(crate) fn log_mark(&self, bytes: &[u8]) -> bool {
        holds(bytes, b"TRACE") || holds(bytes, b"DEBUG")
    }
}

impl Secret {
    fn key(name: &'static str, hex: &str) -> Self {
        let raw = hex::decode(hex).unwrap();
        let upper = hex.to_uppercase();
        let groups = |text: &str, size: usize, between: &str| {
            let groups: Vec<&str> =
                text.as_bytes().chunks(size).map(|c| std::str::from_utf8(c).unwrap()).collect();
            groups.join(between).into_bytes()
        };
        let numbers: Vec<String> = raw.iter().map(ToString::to_string).collect();
        Self {
            name,
            forms: vec![
                // Parts are as bad as the whole: half a key is half the work of finding it.
                ("first half in hexadecimal", hex[..32].into()),
                ("second half in hexadecimal", hex[31..63].into()),
                ("first half in capitals", upper[..32].into()),
                ("second half in capitals", upper[31..63].into()),
                ("bytes", raw[..16].to_vec()),
                ("other bytes", raw[16..].to_vec()),
                ("base64", base64(&raw, b"+/")),
                ("base64 for URLs", base64(&raw, b"-_")),
                ("groups of four", groups(&hex[..32], 4, " ")),
                ("groups in capitals", groups(&upper[..32], 4, " ")),
                ("groups with dashes", groups(&hex[..32], 4, "-")),
                ("groups of eight", groups(&hex[..32], 8, " ")),
                ("numbers, as Debug shows them", numbers.join(", ").into_bytes()),
            ],
        }
    }

    fn words(name: &'static str, text: &str) -> Self {
        let encoded = |keep: &[u8]| {
            text.bytes()
                .flat_map(|b| match b {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => vec![b],
                    b if keep.contains(&b) => vec![b],
                    b => format!("%{b:02X}").into_bytes(),
                })
                .collect::<Vec<u8>>()
        };
        let mut forms = vec![
            ("plain", text.as_bytes().to_vec()),
            ("percent-encoded", encoded(b"-._~")),
            ("percent-encoded as in an authority", encoded(b"-._~:#")),
            ("base64", base64(text.as_bytes(), b"+/")),
            ("hexadecimal", hex::encode(text).into_bytes()),
        ];
        // A part of it, as a parser that stumbles over `/` or `@` would cut it.
        for part in text.split(['/', '@', ':', '#']).filter(|part| part.len() > 5 && *part != text) {
            forms.push(("a part", part.as_bytes().to_vec()));
        }
        Self { name, forms }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn forms(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        self.forms.iter().map(|(form, bytes)| (*form, bytes.as_slice()))
    }
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    // Quick enough for megabytes, also without optimisation.
    let (first, rest) = needle.split_first().unwrap();
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|b| b == first) {
        let at = from + at;
        if bytes[at + 1..].starts_with(rest) {
            return true;
        }
        from = at + 1;
    }
    false
}

/// RFC 4648 without the padding, and without the last digit, which depends on what follows.
fn base64(bytes: &[u8], last: &[u8; 2]) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let digit = |n: u32| {
        let n = (n & 63) as usize;
        *DIGITS.get(n).unwrap_or_else(|| &last[n - DIGITS.len()])
    };
    bytes
        .chunks_exact(3)
        .flat_map(|c| {
            let n = u32::from_be_bytes([0, c[0], c[1], c[2]]);
            [18, 12, 6, 0].map(|shift| digit(n >> shift))
        })
        .collect()
}

//! What is known about a user beside her name, and the rules of names and passwords.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The longest name of a user, in characters.
const NAME: usize = 64;
/// Characters of a password (the cloud's default policy asks for 8, and takes 32).
const PASSWORD: std::ops::RangeInclusive<usize> = 8..=32;
/// The longest description and e-mail address, in characters.
const TEXT: usize = 255;
/// The longest mobile number and country code, in digits.
const DIGITS: usize = 32;

/// What is known about a user beside her name. Kept as JSON.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Profile {
    /// The administrator's words.
    pub description: String,
    /// Whether she is for programs only; the API lets her in either way.
    pub programmatic: bool,
    /// Her e-mail address; may be empty.
    pub email: String,
    /// The country code of her mobile number.
    pub area_code: String,
    /// Her mobile number; may be empty.
    pub phone: String,
    /// The type of what she is in another system.
    pub external_type: String,
    /// The id of what she is in another system.
    pub external_id: String,
    /// Whether she was asked to choose another password.
    pub must_change_password: bool,
    /// When her password was set, in milliseconds since the epoch.
    pub password_at: Option<i64>,
    /// The last change, in milliseconds since the epoch.
    pub updated_at: Option<i64>,
}

/// What to set in a profile; nothing else changes.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// See [`Profile::description`]: at most 255 characters.
    pub description: Option<String>,
    /// `default` or `programmatic`.
    pub access_mode: Option<String>,
    /// See [`Profile::email`]: at most 255 characters.
    pub email: Option<String>,
    /// See [`Profile::area_code`]: digits, together with a mobile number.
    pub area_code: Option<String>,
    /// See [`Profile::phone`]: digits, together with a country code.
    pub phone: Option<String>,
    /// See [`Profile::external_type`]: at most 64 characters, together with an id.
    pub external_type: Option<String>,
    /// See [`Profile::external_id`]: at most 128 characters, together with a type.
    pub external_id: Option<String>,
    /// See [`Profile::must_change_password`].
    pub must_change_password: Option<bool>,
}

impl Profile {
    /// A profile as a row has it.
    pub(crate) fn of(json: &str) -> Result<Self> {
        match json {
            "" => Ok(Self::default()),
            json => serde_json::from_str(json).map_err(Error::internal),
        }
    }

    pub(crate) fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }

    /// The profile after a change, if that follows the rules.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`].
    pub(crate) fn changed(mut self, change: ProfileChange) -> Result<Self> {
        let set = |field: &mut String, value: Option<String>| {
            if let Some(value) = value {
                *field = value;
            }
        };
        set(&mut self.description, change.description);
        set(&mut self.email, change.email);
        set(&mut self.area_code, change.area_code);
        set(&mut self.phone, change.phone);
        set(&mut self.external_type, change.external_type);
        set(&mut self.external_id, change.external_id);
        self.programmatic = match change.access_mode.as_deref() {
            None => self.programmatic,
            Some("default") => false,
            Some("programmatic") => true,
            Some(_) => {
                return Err(Error::invalid(
                    "user.access_mode",
                    "must be default or programmatic: there is no console to keep a user to",
                ));
            }
        };
        self.must_change_password = change
            .must_change_password
            .unwrap_or(self.must_change_password);
        self.check()?;
        Ok(self)
    }

    fn check(&self) -> Result<()> {
        check_text("user.description", &self.description, TEXT)?;
        check_text("user.email", &self.email, TEXT)?;
        let email = self.email.split_once('@');
        let whole = email.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        if !self.email.is_empty() && (!whole || self.email.contains(char::is_whitespace)) {
            return Err(Error::invalid("user.email", "must be an e-mail address"));
        }
        for (field, value) in [
            ("user.areacode", &self.area_code),
            ("user.phone", &self.phone),
        ] {
            if value.len() > DIGITS || !value.bytes().all(|b| b.is_ascii_digit()) {
                let rule = format!("must have at most {DIGITS} characters, digits only");
                return Err(Error::invalid(field, rule));
            }
        }
        if self.area_code.is_empty() != self.phone.is_empty() {
            return Err(Error::invalid(
                "user.phone",
                "must be given together with user.areacode",
            ));
        }
        check_text("user.xuser_type", &self.external_type, 64)?;
        check_text("user.xuser_id", &self.external_id, 128)?;
        if self.external_type.is_empty() != self.external_id.is_empty() {
            return Err(Error::invalid(
                "user.xuser_id",
                "must be given together with user.xuser_type",
            ));
        }
        Ok(())
    }
}

/// Checks the length of a text, which may be empty, and that it is one line.
pub(crate) fn check_text(field: &'static str, text: &str, longest: usize) -> Result<()> {
    match text.chars().count() <= longest && !text.contains(char::is_control) {
        true => Ok(()),
        false => Err(Error::invalid(
            field,
            format!("must have at most {longest} characters and no control characters"),
        )),
    }
}

/// Checks the name of a user.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_.".contains(c);
    let begins = name.starts_with(|c: char| !c.is_ascii_digit() && c != ' ');
    match begins && name.len() <= NAME && name.chars().all(plain) {
        true => Ok(()),
        false => Err(Error::invalid(
            "user.name",
            format!(
                "must have 1 to {NAME} characters: letters, digits, spaces and - _ . , \
                 the first neither a digit nor a space"
            ),
        )),
    }
}

/// Checks a new password of a user; the errors repeat nothing of it.
pub(crate) fn check_password(password: &str, name: &str, profile: &Profile) -> Result<()> {
    let kinds: [fn(char) -> bool; 4] = [
        |c| c.is_ascii_lowercase(),
        |c| c.is_ascii_uppercase(),
        |c| c.is_ascii_digit(),
        |c| !c.is_ascii_alphanumeric(),
    ];
    let kinds = kinds
        .iter()
        .filter(|kind| password.contains(**kind))
        .count();
    if !PASSWORD.contains(&password.chars().count())
        || kinds < 2
        || password.contains(char::is_control)
    {
        return Err(Error::invalid(
            "user.password",
            format!(
                "must have {} to {} characters of at least two kinds: lower-case letters, \
                 upper-case letters, digits, others",
                PASSWORD.start(),
                PASSWORD.end()
            ),
        ));
    }
    let backwards: String = name.chars().rev().collect();
    let holds = |part: &str| !part.is_empty() && password.contains(part);
    if password == name || password == backwards || holds(&profile.email) || holds(&profile.phone) {
        return Err(Error::invalid(
            "user.password",
            "must be neither the user's name, forwards or backwards, nor hold her e-mail address \
             or mobile number",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "alice", "Team-A_ops 1.x", &"n".repeat(64)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", " a", "a/b", "ä", "a\n", &"n".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords() {
        let profile = Profile {
            email: "a@b.example".to_owned(),
            phone: "13800000000".to_owned(),
            ..Profile::default()
        };
        let check = |password: &str| check_password(password, "Alice-2026", &profile);
        for good in ["abcdefg1", "correct horse", &"aB".repeat(16)] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "abcdef1",
            "abcdefgh",
            &"aB1".repeat(11),
            "Alice-2026",
            "6202-ecilA",
            "xa@b.exampleX",
            "A13800000000",
            "abcdefg1\n",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn profiles_come_back() {
        assert_eq!(Profile::of("").unwrap(), Profile::default());
        let profile = Profile {
            email: "a@b.example".to_owned(),
            updated_at: Some(7),
            ..Profile::default()
        };
        assert_eq!(Profile::of(&profile.to_json().unwrap()).unwrap(), profile);
    }

    #[test]
    fn pairs_come_together() {
        let text = |value: &str| Some(value.to_owned());
        for (change, field) in [
            (
                ProfileChange {
                    phone: text("138"),
                    ..ProfileChange::default()
                },
                "user.phone",
            ),
            (
                ProfileChange {
                    external_id: text("x"),
                    ..ProfileChange::default()
                },
                "user.xuser_id",
            ),
            (
                ProfileChange {
                    email: text("nobody"),
                    ..ProfileChange::default()
                },
                "user.email",
            ),
            (
                ProfileChange {
                    access_mode: text("console"),
                    ..ProfileChange::default()
                },
                "user.access_mode",
            ),
        ] {
            let error = Profile::default().changed(change).unwrap_err();
            assert_eq!(error.kind(), crate::Kind::Invalid { field });
        }
    }
}

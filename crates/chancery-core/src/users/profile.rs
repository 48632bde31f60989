//! What is known about a user beside their name, and the rules of names and passwords.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::limits::iam as limits;

/// What is known about a user beside their name. Kept as JSON.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Profile {
    /// The administrator's words.
    pub description: String,
    /// Whether they are for programs only; the API lets them in either way.
    pub programmatic: bool,
    /// Their e-mail address; may be empty.
    pub email: String,
    /// The country code of their mobile number.
    pub area_code: String,
    /// Their mobile number; may be empty.
    pub phone: String,
    /// The type of what they are in another system.
    pub external_type: String,
    /// The id of what they are in another system.
    pub external_id: String,
    /// Whether they were asked to choose another password.
    pub must_change_password: bool,
    /// When their password was set, in milliseconds since the epoch.
    pub password_at: Option<i64>,
    /// The last change, in milliseconds since the epoch.
    pub updated_at: Option<i64>,
}

/// What to set in a profile; nothing else changes.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// See [`Profile::description`] and [`limits::USER_DESCRIPTION`].
    pub description: Option<String>,
    /// See [`limits::ACCESS_MODE`].
    pub access_mode: Option<String>,
    /// See [`Profile::email`] and [`limits::EMAIL`].
    pub email: Option<String>,
    /// See [`Profile::area_code`]: digits, together with a mobile number.
    pub area_code: Option<String>,
    /// See [`Profile::phone`]: digits, together with a country code.
    pub phone: Option<String>,
    /// See [`Profile::external_type`]; together with an id.
    pub external_type: Option<String>,
    /// See [`Profile::external_id`]; together with a type.
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
        if let Some(mode) = change.access_mode {
            limits::ACCESS_MODE.check("user.access_mode", &mode)?;
            self.programmatic = mode == "programmatic";
        }
        self.must_change_password = change
            .must_change_password
            .unwrap_or(self.must_change_password);
        self.check()?;
        Ok(self)
    }

    fn check(&self) -> Result<()> {
        limits::USER_DESCRIPTION.check("user.description", &self.description)?;
        limits::EMAIL.check("user.email", &self.email)?;
        let email = self.email.split_once('@');
        let whole = email.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        if !self.email.is_empty() && !whole {
            return Err(limits::EMAIL.refusal("user.email"));
        }
        limits::AREA_CODE.check("user.areacode", &self.area_code)?;
        limits::PHONE.check("user.phone", &self.phone)?;
        if self.area_code.is_empty() != self.phone.is_empty() {
            return Err(Error::invalid(
                "user.phone",
                "must be given together with user.areacode",
            ));
        }
        limits::EXTERNAL_TYPE.check("user.xuser_type", &self.external_type)?;
        limits::EXTERNAL_ID.check("user.xuser_id", &self.external_id)?;
        if self.external_type.is_empty() != self.external_id.is_empty() {
            return Err(Error::invalid(
                "user.xuser_id",
                "must be given together with user.xuser_type",
            ));
        }
        Ok(())
    }
}

/// Checks a new password of a user; the errors repeat nothing of it.
pub(crate) fn check_password(password: &str, name: &str, profile: &Profile) -> Result<()> {
    const FIELD: &str = "user.password";
    limits::PASSWORD.check(FIELD, password)?;
    let kinds: [fn(char) -> bool; 4] = [
        |c| c.is_ascii_lowercase(),
        |c| c.is_ascii_uppercase(),
        |c| c.is_ascii_digit(),
        |c| !c.is_ascii_alphanumeric(),
    ];
    let kinds = kinds.iter().filter(|kind| password.contains(**kind));
    if kinds.count() < 2 {
        return Err(limits::PASSWORD.refusal(FIELD));
    }
    let backwards: String = name.chars().rev().collect();
    let holds = |part: &str| !part.is_empty() && password.contains(part);
    if password == name || password == backwards || holds(&profile.email) || holds(&profile.phone) {
        return Err(Error::invalid(
            FIELD,
            "must be neither the user's name, forwards or backwards, nor hold their e-mail address \
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
            assert!(limits::USER_NAME.allows(good), "{good}");
        }
        for bad in ["", "1a", " a", "a/b", "ä", "a\n", &"n".repeat(65)] {
            assert!(!limits::USER_NAME.allows(bad), "{bad}");
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

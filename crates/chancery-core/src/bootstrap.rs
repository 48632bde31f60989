//! The first start: an account with an administrator, an access key and a project per region.

use chancery_store::{
    AccessKeyRow, DomainRow, PolicyRow, ProjectRow, Store, StoreError, Transaction, UserRow,
};
use zeroize::Zeroizing;

use crate::access_keys::{self, NewAccessKey};
use crate::behalf::Behalf;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::users::password_matches;
use crate::{ids, policy};

/// The name of the desk's first account, whose operators run the desk.
pub(crate) const FIRST_ACCOUNT: &str = "chancery";
/// The administrator's name, at first.
const USER_NAME: &str = "administrator";
/// The setting that names the administrator's access key.
const ACCESS_KEY_SETTING: &str = "administrator.access_key";

/// What the operator needs to call the desk.
pub struct Administrator {
    /// The account's id.
    pub domain_id: String,
    /// The account's name.
    pub domain_name: String,
    /// The administrator's name.
    pub user_name: String,
    /// Their password; known only at the first start.
    pub password: Option<Zeroizing<String>>,
    /// Their access key.
    pub access_key: String,
    /// Its secret.
    pub secret: Zeroizing<String>,
    /// The projects, in the order of the configured regions.
    pub projects: Vec<ProjectRow>,
}

/// An account that is about to be.
pub(crate) struct AccountDraft {
    pub(crate) domain: DomainRow,
    pub(crate) user: UserRow,
    policy: PolicyRow,
    pub(crate) password: Zeroizing<String>,
    pub(crate) key: NewAccessKey,
    key_row: AccessKeyRow,
    pub(crate) projects: Vec<ProjectRow>,
}

impl AccountDraft {
    /// Adds all of it to a transaction.
    pub(crate) fn insert_into(&self, tx: &mut Transaction) {
        tx.insert_domain(&self.domain);
        tx.insert_user(&self.user);
        tx.insert_policy(&self.policy);
        tx.attach_policy(&self.user.id, &self.policy.id);
        tx.insert_access_key(&self.key_row);
        for project in &self.projects {
            tx.insert_project(project);
        }
    }
}

/// Whether there is no desk in a storage yet.
///
/// # Errors
/// When it fails.
pub async fn is_new(store: &Store) -> std::result::Result<bool, StoreError> {
    Ok(store.setting(ACCESS_KEY_SETTING).await?.is_none())
}

impl Desk {
    /// Whether the master key is the one that this desk was made with: it opens the administrator's access
    /// key, or the key of the listener's CA. Of a desk that has neither every key is.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn master_key_fits(&self) -> Result<bool> {
        let of_listener = self.opens_listener_authority().await?;
        if of_listener == Some(true) {
            return Ok(true);
        }
        let Some(name) = self.store.setting(ACCESS_KEY_SETTING).await? else {
            return Ok(of_listener.is_none());
        };
        let name = String::from_utf8(name).map_err(Error::internal)?;
        Ok(match self.store.access_key(&name).await? {
            Some(row) => {
                let place = access_keys::place(&row.access_key);
                self.custody.open(place, &row.sealed_secret).is_ok()
            }
            None => of_listener.is_none(),
        })
    }

    /// Whether a password is that of a user, for who starts the desk and keeps it in a file. It counts as
    /// no try, and takes as long as a login.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn is_password(&self, domain_id: &str, name: &str, password: &str) -> Result<bool> {
        let Some(user) = self.store.user_by_name(domain_id, name).await? else {
            return Ok(false);
        };
        let on = Behalf::desk();
        let logins = &self.workers.logins;
        let turn = logins.turn(&on, logins.enter(&on)?).await?;
        let (_, matches) = password_matches(turn, &user.password_hash, password).await?;
        Ok(matches)
    }

    /// Makes the account of an empty desk; on a desk that has one, returns what it is and gives
    /// every account projects of regions that are new. An access key that was deleted is replaced:
    /// so the operator changes it.
    ///
    /// Several nodes may start on one database at once: one of them makes the account, the others
    /// find it.
    ///
    /// # Errors
    /// When storage fails, or the master key is not the one the desk was made with.
    pub async fn bootstrap(&self) -> Result<Administrator> {
        // Before this start adds anything.
        self.compare_clock().await?;
        self.compare_high_water().await?;
        let mut password = None;
        if is_new(&self.store).await? {
            password = self.create_first_account().await?;
        }
        let missing = || Error::internal("the administrator of this desk is missing");
        let domain = self
            .store
            .domain_by_name(FIRST_ACCOUNT)
            .await?
            .ok_or_else(missing)?;
        let access_key = self
            .store
            .setting(ACCESS_KEY_SETTING)
            .await?
            .ok_or_else(missing)?;
        let access_key = String::from_utf8(access_key).map_err(Error::internal)?;
        let row = match self.store.access_key(&access_key).await? {
            Some(row) => row,
            None => self.replace_key(&domain).await?.ok_or_else(missing)?,
        };
        let access_key = row.access_key;
        let owner = self.store.user(&domain.id, &row.user_id).await?;
        let owner = owner.ok_or_else(missing)?;
        let secret = self
            .custody
            .open(access_keys::place(&access_key), &row.sealed_secret)?;
        let secret = std::str::from_utf8(&secret).map_err(Error::internal)?;
        let secret = Zeroizing::new(secret.to_owned());
        for other in self.store.domains().await? {
            if other.id != domain.id {
                self.add_projects(&other).await?;
            }
        }
        let projects = self.add_projects(&domain).await?;
        self.outdate_overtaken_crls().await?;
        Ok(Administrator {
            domain_id: domain.id,
            domain_name: domain.name,
            user_name: owner.name,
            password,
            access_key,
            secret,
            projects,
        })
    }

    /// One transaction; the unique name of the account lets one of several nodes win.
    async fn create_first_account(&self) -> Result<Option<Zeroizing<String>>> {
        let account = self.draft_account(FIRST_ACCOUNT).await?;
        let mut tx = Transaction::new("bootstrap");
        account.insert_into(&mut tx);
        tx.insert_setting(ACCESS_KEY_SETTING, account.key.access_key.as_bytes());
        match self.store.commit(tx).await {
            Ok(()) => Ok(Some(account.password)),
            Err(StoreError::Duplicate(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A new account with all it begins with: an administrator who may do everything in it, their
    /// access key, a project for each region. Nothing is stored yet.
    pub(crate) async fn draft_account(&self, name: &str) -> Result<AccountDraft> {
        let now = self.now_ms();
        let random = self.random.as_ref();
        let domain = DomainRow {
            id: ids::hex32(random),
            name: name.to_owned(),
            created_at: now,
            enabled: true,
        };
        let password = Zeroizing::new(ids::text(random, ids::ALPHANUMERIC, 24));
        let user = UserRow {
            id: ids::hex32(random),
            domain_id: domain.id.clone(),
            name: USER_NAME.to_owned(),
            password_hash: self.hash_password(&Behalf::desk(), &password).await?,
            enabled: true,
            owner: true,
            profile: String::new(),
            created_at: now,
            generation: 0,
        };
        let policy = PolicyRow {
            id: ids::hex32(random),
            domain_id: domain.id.clone(),
            name: "FullAccess".to_owned(),
            document: policy::FULL_ACCESS.to_owned(),
            created_at: now,
            kind: String::new(),
            description: String::new(),
            description_cn: String::new(),
            updated_at: 0,
        };
        let (key, key_row) = self.new_access_key(&domain.id, &user.id, String::new());
        let regions = self.settings.regions.iter();
        let projects = regions.map(|region| self.new_project(&domain.id, region));
        Ok(AccountDraft {
            projects: projects.collect(),
            domain,
            user,
            policy,
            password,
            key,
            key_row,
        })
    }

    fn new_project(&self, domain_id: &str, region: &str) -> ProjectRow {
        ProjectRow {
            id: ids::hex32(self.random.as_ref()),
            domain_id: domain_id.to_owned(),
            name: region.to_owned(),
            created_at: self.now_ms(),
            description: String::new(),
        }
    }

    /// Another key for the owner of the account, who deleted the one that the operator had.
    async fn replace_key(&self, domain: &DomainRow) -> Result<Option<AccessKeyRow>> {
        let users = self.store.users(&domain.id).await?;
        let Some(owner) = users.into_iter().find(|user| user.owner) else {
            return Ok(None);
        };
        let (key, row) = self.new_access_key(&domain.id, &owner.id, String::new());
        let mut tx = Transaction::new("bootstrap.key");
        tx.insert_access_key(&row);
        tx.put_setting(ACCESS_KEY_SETTING, key.access_key.as_bytes());
        self.store.commit(tx).await?;
        Ok(Some(row))
    }

    /// The projects of the configured regions; those that are missing are made.
    async fn add_projects(&self, domain: &DomainRow) -> Result<Vec<ProjectRow>> {
        let mut projects = Vec::new();
        for region in &self.settings.regions {
            let find = || async {
                let known = self.store.projects(&domain.id).await?;
                Ok::<_, Error>(known.into_iter().find(|project| &project.name == region))
            };
            let project = match find().await? {
                Some(project) => project,
                None => {
                    let mut tx = Transaction::new("project.create");
                    tx.insert_project(&self.new_project(&domain.id, region));
                    match self.store.commit(tx).await {
                        Ok(()) | Err(StoreError::Duplicate(_)) => {}
                        Err(error) => return Err(error.into()),
                    }
                    find()
                        .await?
                        .ok_or_else(|| Error::internal("a project vanished"))?
                }
            };
            projects.push(project);
        }
        Ok(projects)
    }
}

//! What opens a store.

use std::sync::Arc;

use aitta_base::Result;

use crate::StoreSecret;

/// Credentials, looked up when they are first needed: a keychain may ask somebody to unlock it.
#[derive(Clone)]
pub struct Credentials(Option<Find>);

type Find = Arc<dyn Fn() -> Result<Option<StoreSecret>> + Send + Sync>;

impl Credentials {
    /// None: the store looks for them in the usual places of its kind.
    #[must_use]
    pub fn unsaid() -> Self {
        Self(None)
    }

    /// These.
    #[must_use]
    pub fn given(secret: StoreSecret) -> Self {
        Self(Some(Arc::new(move || Ok(Some(secret.clone())))))
    }

    /// What this finds; it may block.
    #[must_use]
    pub fn found(find: impl Fn() -> Result<Option<StoreSecret>> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(find)))
    }

    /// The text; `None` when none was configured or found.
    ///
    /// # Errors
    /// `keychain_unavailable`.
    pub async fn get(&self) -> Result<Option<StoreSecret>> {
        let Some(find) = self.0.clone() else { return Ok(None) };
        aitta_base::blocking(move || find()).await
    }

    /// Whether none are configured, so that the usual places count.
    #[must_use]
    pub fn are_unsaid(&self) -> bool {
        self.0.is_none()
    }
}

use crate::scheme::{self, Scheme};

/// The five algorithms with which the SDKs sign requests, told apart by the first word of the
/// `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC-SHA256 keyed with the secret: what every SDK uses unless told otherwise.
    SdkHmacSha256,
    /// HMAC-SM3 keyed with the secret.
    SdkHmacSm3,
    /// ECDSA on P-256 with a key derived from the secret.
    SdkEcdsaP256Sha256,
    /// SM2 with a key derived from the secret.
    SdkSm2Sm3,
    /// HMAC-SHA256 with a key derived for one day, region and service.
    V11HmacSha256,
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: &[Self] = &[
        Self::SdkHmacSha256,
        Self::SdkHmacSm3,
        Self::SdkEcdsaP256Sha256,
        Self::SdkSm2Sm3,
        Self::V11HmacSha256,
    ];

    /// The name, as it stands in the `Authorization` header and in the string to sign.
    pub fn name(self) -> &'static str {
        match self {
            Self::SdkHmacSha256 => "SDK-HMAC-SHA256",
            Self::SdkHmacSm3 => "SDK-HMAC-SM3",
            Self::SdkEcdsaP256Sha256 => "SDK-ECDSA-P256-SHA256",
            Self::SdkSm2Sm3 => "SDK-SM2-SM3",
            Self::V11HmacSha256 => "V11-HMAC-SHA256",
        }
    }

    /// The algorithm of this name (exact spelling).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|a| a.name() == name)
    }

    /// The header, in lower case, in which a client may announce the digest of its body.
    pub fn content_header(self) -> &'static str {
        match self {
            Self::SdkHmacSha256 | Self::SdkEcdsaP256Sha256 | Self::V11HmacSha256 => {
                "x-sdk-content-sha256"
            }
            Self::SdkHmacSm3 | Self::SdkSm2Sm3 => "x-sdk-content-sm3",
        }
    }

    /// How this algorithm hashes and signs. Adding one is adding its line here.
    pub(crate) fn scheme(self) -> &'static dyn Scheme {
        match self {
            Self::SdkHmacSha256 => &scheme::HMAC_SHA256,
            Self::SdkHmacSm3 => &scheme::HMAC_SM3,
            Self::SdkEcdsaP256Sha256 => &scheme::ECDSA_P256_SHA256,
            Self::SdkSm2Sm3 => &scheme::SM2_SM3,
            Self::V11HmacSha256 => &scheme::V11_HMAC_SHA256,
        }
    }
}

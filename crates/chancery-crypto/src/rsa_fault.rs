//! RSA keys that anybody can factor, and exponents that are none (CA/Browser Forum Baseline
//! Requirements, sections 6.1.1.3 and 6.1.6).

use std::sync::LazyLock;

use crypto_bigint::BoxedUint;

use crate::private_key::KeyError;
use crate::public_key::{PublicKey, rsa_numbers};

/// Why an RSA public key protects nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RsaFault {
    /// The public exponent is even or 1.
    #[error("its exponent must be odd and at least 3")]
    Exponent,
    /// The modulus is divisible by a prime below 4096.
    #[error("its modulus has a small factor")]
    SmallFactor,
    /// The modulus has the structure of keys that a chip's faulty library made (ROCA,
    /// CVE-2017-15361).
    #[error("it was made by a library whose keys can be factored (ROCA, CVE-2017-15361)")]
    Roca,
    /// The modulus is the square of a number.
    #[error("its modulus is a square")]
    Square,
    /// The primes are so close to each other that Fermat's method finds them in a hundred rounds.
    #[error("its primes are too close to each other")]
    CloseFactors,
}

impl RsaFault {
    /// It in two words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exponent => "bad exponent",
            Self::SmallFactor => "small factor",
            Self::Roca => "ROCA",
            Self::Square => "square modulus",
            Self::CloseFactors => "close primes",
        }
    }
}

/// The fault of an RSA key, given as SubjectPublicKeyInfo; none for whole keys and for those of
/// other families. Takes some hundred microseconds.
///
/// # Errors
/// [`KeyError`] for what is no public key.
pub fn rsa_fault(spki_der: &[u8]) -> Result<Option<RsaFault>, KeyError> {
    let PublicKey::Rsa { pkcs1, .. } = PublicKey::from_spki(spki_der)? else {
        return Ok(None);
    };
    let (modulus, exponent) = rsa_numbers(pkcs1)?;
    Ok(fault_of(modulus, exponent))
}

/// Whether the exponent of an RSA key is 3, which is allowed, and breaks where a padding is not
/// checked with care. Given is its SubjectPublicKeyInfo.
///
/// # Errors
/// [`KeyError`] for what is no public key.
pub fn has_exponent_3(spki_der: &[u8]) -> Result<bool, KeyError> {
    match PublicKey::from_spki(spki_der)? {
        PublicKey::Rsa { pkcs1, .. } => Ok(rsa_numbers(pkcs1)?.1 == [3]),
        _ => Ok(false),
    }
}

/// Below this every prime is tried as a factor; the requirements ask for 752.
const SMALL: u32 = 4096;
/// The primes up to this one tell keys of the faulty library with moduli of 1984 bits and more.
const ROCA_PRIMES: u32 = 701;
/// How many rounds of Fermat's method a key has to withstand.
const ROUNDS: u32 = 100;

fn fault_of(modulus: &[u8], exponent: &[u8]) -> Option<RsaFault> {
    if exponent == [1] || exponent.last().is_none_or(|last| last % 2 == 0) {
        return Some(RsaFault::Exponent);
    }
    if PRODUCTS
        .iter()
        .any(|product| product.shares_a_factor(modulus))
    {
        return Some(RsaFault::SmallFactor);
    }
    if GENERATED.iter().all(|group| group.holds(modulus)) {
        return Some(RsaFault::Roca);
    }
    near_square(modulus)
}

/// A big-endian number modulo a small one.
fn remainder(number: &[u8], modulo: u32) -> u32 {
    let step = |rest: u64, byte: &u8| (rest << 8 | u64::from(*byte)) % u64::from(modulo);
    number.iter().fold(0, step) as u32
}

/// The primes below [`SMALL`].
static PRIMES: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut primes: Vec<u32> = Vec::new();
    for number in 2..SMALL {
        if primes.iter().all(|prime| number % prime != 0) {
            primes.push(number);
        }
    }
    primes
});

/// Some primes, and their product: a number is divided once for all of them.
struct Product {
    primes: Vec<u32>,
    product: u32,
}

impl Product {
    fn shares_a_factor(&self, number: &[u8]) -> bool {
        let rest = remainder(number, self.product);
        self.primes.iter().any(|prime| rest.is_multiple_of(*prime))
    }
}

static PRODUCTS: LazyLock<Vec<Product>> = LazyLock::new(|| {
    let mut products: Vec<Product> = Vec::new();
    for prime in PRIMES.iter().copied() {
        match products.last_mut() {
            Some(last) if last.product.checked_mul(prime).is_some() => {
                last.product *= prime;
                last.primes.push(prime);
            }
            _ => products.push(Product {
                primes: vec![prime],
                product: prime,
            }),
        }
    }
    products
});

/// The powers of 65537 modulo a prime. Every prime factor of a key of the faulty library is one of
/// them, and so is the modulus (Nemec and others, "The Return of Coppersmith's Attack", 2017).
struct Powers {
    prime: u32,
    is_power: Vec<bool>,
}

impl Powers {
    fn holds(&self, number: &[u8]) -> bool {
        self.is_power[remainder(number, self.prime) as usize]
    }
}

static GENERATED: LazyLock<Vec<Powers>> = LazyLock::new(|| {
    let primes = PRIMES.iter().copied().filter(|p| *p <= ROCA_PRIMES);
    primes
        .map(|prime| {
            let mut is_power = vec![false; prime as usize];
            let mut power = 1;
            while !is_power[power as usize] {
                is_power[power as usize] = true;
                power = power * (65_537 % prime) % prime;
            }
            Powers { prime, is_power }
        })
        .collect()
});

/// Fermat's method: n = a² - b² with a just above the root of n.
fn near_square(modulus: &[u8]) -> Option<RsaFault> {
    // Room for a² and for the sums below.
    let bits = u32::try_from(modulus.len() * 8 + 64).ok()?;
    let number = BoxedUint::from_be_slice(modulus, bits).ok()?;
    let one = BoxedUint::one_with_precision(bits);
    let root = number.floor_sqrt_vartime();
    if root.wrapping_square() == number {
        return Some(RsaFault::Square);
    }
    let mut a = root.wrapping_add(&one);
    let mut difference = a.wrapping_square().wrapping_sub(&number);
    for _ in 0..ROUNDS {
        if is_square(&difference) {
            return Some(RsaFault::CloseFactors);
        }
        // (a + 1)² - n = (a² - n) + 2a + 1
        difference = difference.wrapping_add(&a).wrapping_add(&a);
        difference.wrapping_add_assign(&one);
        a.wrapping_add_assign(&one);
    }
    None
}

fn is_square(number: &BoxedUint) -> bool {
    // Most numbers are no squares modulo some small number, which is quicker to see.
    let bytes = number.to_be_bytes_trimmed_vartime();
    let may_be = |modulo: u32| {
        let rest = remainder(&bytes, modulo);
        (0..modulo).any(|root| root * root % modulo == rest)
    };
    [64, 63, 65, 11, 17, 19, 23].into_iter().all(may_be) && {
        let root = number.floor_sqrt_vartime();
        root.wrapping_square() == *number
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crypto_bigint::Resize;

    use crate::{KeyAlgorithm, PrivateKey};

    const BITS: u32 = 4096;
    const F4: &[u8] = &[1, 0, 1];

    /// The modulus of a new key, and one of its primes.
    fn new_key() -> (BoxedUint, BoxedUint) {
        let key = PrivateKey::generate(KeyAlgorithm::Rsa2048).unwrap();
        assert_eq!(rsa_fault(key.public_key_der()), Ok(None));
        assert_eq!(has_exponent_3(key.public_key_der()), Ok(false));
        let pkcs1 = key.pkcs1_der().unwrap();
        // SEQUENCE, version, modulus, exponent, private exponent, prime
        let numbers = crate::key_file::integers(&pkcs1).unwrap();
        let number = |index: usize| BoxedUint::from_be_slice(&numbers[index], BITS).unwrap();
        (number(1), number(4))
    }

    fn fault(modulus: &BoxedUint) -> Option<RsaFault> {
        fault_of(&modulus.to_be_bytes_trimmed_vartime(), F4)
    }

    /// The next odd number from this one on that no small prime divides.
    fn next(from: &BoxedUint, steps: u64) -> BoxedUint {
        let two = BoxedUint::from(2u64).resize(BITS);
        let mut number = from.wrapping_add(BoxedUint::from(2 * steps).resize(BITS));
        while PRODUCTS
            .iter()
            .any(|p| p.shares_a_factor(&number.to_be_bytes()))
        {
            number.wrapping_add_assign(&two);
        }
        number
    }

    #[test]
    fn whole_keys_have_none() {
        let (modulus, _) = new_key();
        assert_eq!(fault(&modulus), None);
        for algorithm in [KeyAlgorithm::EcP256, KeyAlgorithm::Sm2] {
            let key = PrivateKey::generate(algorithm).unwrap();
            assert_eq!(rsa_fault(key.public_key_der()), Ok(None));
        }
        assert_eq!(rsa_fault(b"no key"), Err(KeyError::Malformed));
    }

    #[test]
    fn exponents() {
        let (modulus, _) = new_key();
        let modulus = modulus.to_be_bytes_trimmed_vartime();
        for (exponent, expected) in [
            (&[3][..], None),
            (&[1, 0, 1], None),
            (&[1], Some(RsaFault::Exponent)),
            (&[2], Some(RsaFault::Exponent)),
            (&[1, 0, 0], Some(RsaFault::Exponent)),
            (&[], Some(RsaFault::Exponent)),
        ] {
            assert_eq!(fault_of(&modulus, exponent), expected, "{exponent:?}");
        }
    }

    #[test]
    fn small_factors() {
        let (_, prime) = new_key();
        for factor in [2u64, 3, 5, 701, 751, 757, 4093] {
            let modulus = prime.wrapping_mul(BoxedUint::from(factor).resize(BITS));
            assert_eq!(fault(&modulus), Some(RsaFault::SmallFactor), "{factor}");
        }
        // 4099 is the first prime that is not tried.
        let modulus = prime.wrapping_mul(BoxedUint::from(4099u64).resize(BITS));
        assert_eq!(fault(&modulus), None);
    }

    #[test]
    fn squares_and_close_primes() {
        let (modulus, prime) = new_key();
        assert_eq!(fault(&prime.wrapping_square()), Some(RsaFault::Square));
        let close = Some(RsaFault::CloseFactors);
        for steps in [1, 1_000, 1 << 60] {
            let product = prime.wrapping_mul(next(&prime, steps));
            assert_eq!(fault(&product), close, "{steps}");
        }
        // A hundred rounds reach primes that differ by less than 20 times the fourth root of n.
        let root = modulus.floor_sqrt_vartime().floor_sqrt_vartime();
        let near = prime.wrapping_add(root.wrapping_mul(BoxedUint::from(16u64).resize(BITS)));
        let near = near.bitor(&BoxedUint::one_with_precision(BITS));
        assert_eq!(fault(&prime.wrapping_mul(next(&near, 0))), close);
        let far = root.wrapping_mul(BoxedUint::from(1u64 << 32).resize(BITS));
        let far = prime
            .wrapping_add(far)
            .bitor(&BoxedUint::one_with_precision(BITS));
        assert_eq!(fault(&prime.wrapping_mul(next(&far, 0))), None);
    }

    #[test]
    fn keys_of_the_faulty_library() {
        // p = k·M + 65537^a mod M, with M the product of the primes; so is their product.
        let mut structured = BoxedUint::one_with_precision(BITS);
        let mut product = BoxedUint::one_with_precision(BITS);
        for group in GENERATED.iter() {
            product = product.wrapping_mul(BoxedUint::from(u64::from(group.prime)).resize(BITS));
        }
        for exponent in 0..40u32 {
            let power = BoxedUint::from(65_537u64).resize(BITS);
            structured = structured.wrapping_mul(&power);
            let k = BoxedUint::from(u64::from(exponent) * 2 + 2).resize(BITS);
            let modulus = product.wrapping_mul(k).wrapping_add(&structured);
            let bytes = modulus.to_be_bytes_trimmed_vartime();
            assert!(GENERATED.iter().all(|group| group.holds(&bytes)));
            let small = PRODUCTS.iter().any(|p| p.shares_a_factor(&bytes));
            let expected = if small {
                RsaFault::SmallFactor
            } else {
                RsaFault::Roca
            };
            assert_eq!(fault(&modulus), Some(expected));
        }
    }
}

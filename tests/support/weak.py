"""RSA keys that anybody can factor, made as faulty programs make them."""

import math
import random

from cryptography.hazmat.primitives.asymmetric import rsa

SMALL = [n for n in range(2, 702) if all(n % d for d in range(2, math.isqrt(n) + 1))]


def is_prime(number):
    """Miller and Rabin's test, with twenty bases."""
    if any(number % prime == 0 for prime in SMALL):
        return number in SMALL
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in SMALL[:20]:
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def prime_from(number, exponent=65537):
    """The first prime from a number on that an exponent goes with."""
    number |= 1
    while not is_prime(number) or (number - 1) % exponent == 0:
        number += 2
    return number


def some(bits):
    return random.getrandbits(bits) | 3 << bits - 2


def key(p, q, exponent=65537):
    d = pow(exponent, -1, math.lcm(p - 1, q - 1))
    return rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(exponent, p * q),
    ).private_key(unsafe_skip_rsa_key_validation=True)


def close_primes():
    p = prime_from(some(1024))
    return key(prime_from(p + 2), p)


def small_factor():
    q = prime_from(some(2038))
    return key(q, 1009)


def roca():
    """CVE-2017-15361: primes of the form k * M + 65537^a mod M."""
    product = math.prod(SMALL)

    def prime():
        while True:
            power = pow(65537, random.getrandbits(60), product)
            k = some(1024) // product
            number = k * product + power
            if is_prime(number):
                return number

    p, q = prime(), prime()
    return key(max(p, q), min(p, q))


def exponent_3():
    p, q = prime_from(some(1024), 3), prime_from(some(1024), 3)
    return key(max(p, q), min(p, q), 3)

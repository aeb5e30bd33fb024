"""RSA verification by the machine's own libcrypto, where there is one: the same answer in less time.

RFC 8017 section 8.2.2 verifies a signature by computing s^e mod n and comparing the whole encoded message
with the one expected. That is done here literally: the exponentiation by ``BN_mod_exp_mont`` with a context
that is kept, and the comparison of all 256 bytes here, so that no padding is ever parsed. Anything unusual -
no library, another length of key - says "not sure", and the ordinary verification answers.

Choices: ``PyDLL``, which keeps the interpreter's lock: an audit works in processes, and giving up the lock
costs as much as what surrounds the call.

Source: RFC 8017 sections 8.2.2 and 9.2; ``performance.md``, "Receipts".
"""

import ctypes
import ctypes.util
from ctypes import c_char_p, c_int, c_void_p
from functools import cache
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

KEY_BYTES: Final = 256
"""The length of the keys that are taken: 2048 bits."""

_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
_PREFIX: Final = b"\x00\x01" + b"\xff" * (KEY_BYTES - 3 - len(_DIGEST_INFO) - 32) + b"\x00" + _DIGEST_INFO

_SIGNATURES: Final = (
    ("BN_bin2bn", c_void_p, (c_char_p, c_int, c_void_p)),
    ("BN_new", c_void_p, ()),
    ("BN_CTX_new", c_void_p, ()),
    ("BN_MONT_CTX_new", c_void_p, ()),
    ("BN_MONT_CTX_set", c_int, (c_void_p, c_void_p, c_void_p)),
    ("BN_mod_exp_mont", c_int, (c_void_p,) * 6),
    ("BN_bn2binpad", c_int, (c_void_p, c_char_p, c_int)),
)


class NativeKey:
    """A public key with the contexts that its verifications reuse; for one thread."""

    def __init__(self, library: ctypes.PyDLL, modulus: bytes, exponent: bytes) -> None:
        self._modulus = modulus
        self._convert = library.BN_bin2bn
        self._power = library.BN_mod_exp_mont
        self._write = library.BN_bn2binpad
        self._n = library.BN_bin2bn(modulus, len(modulus), None)
        self._e = library.BN_bin2bn(exponent, len(exponent), None)
        self._context = library.BN_CTX_new()
        self._montgomery = library.BN_MONT_CTX_new()
        self._base = library.BN_new()
        self._result = library.BN_new()
        self._buffer = ctypes.create_string_buffer(KEY_BYTES)
        parts = (
            self._n, self._e, self._context, self._montgomery, self._base, self._result
        )  # fmt: skip
        if not all(parts) or library.BN_MONT_CTX_set(self._montgomery, self._n, self._context) != 1:
            raise MemoryError("libcrypto has given no context")

    def is_good(self, signature: bytes, signed: bytes) -> bool:
        """Tell whether a signature is certainly good; False says only that the ordinary way must answer.

        Args:
            signature: The bytes of the signature.
            signed: What was signed.
        """
        # Equal lengths compare as numbers do: a signature is below the modulus.
        if len(signature) != KEY_BYTES or signature >= self._modulus:
            return False
        if not self._convert(signature, KEY_BYTES, self._base):
            return False
        if self._power(self._result, self._base, self._e, self._n, self._context, self._montgomery) != 1:
            return False
        if self._write(self._result, self._buffer, KEY_BYTES) != KEY_BYTES:
            return False
        return self._buffer.raw == _PREFIX + sha256(signed).digest()


def native_key(public: RSAPublicKey) -> NativeKey | None:
    """Return a key of the machine's libcrypto, or None where there is no such library or key."""
    library = _library()
    numbers = public.public_numbers()
    if library is None or public.key_size != KEY_BYTES * 8:
        return None
    exponent = numbers.e.to_bytes(-(-numbers.e.bit_length() // 8), "big")
    return NativeKey(library, numbers.n.to_bytes(KEY_BYTES, "big"), exponent)


@cache
def _library() -> ctypes.PyDLL | None:
    name = ctypes.util.find_library("crypto")
    if name is None:
        return None
    try:
        library = ctypes.PyDLL(name)
        for function, result, arguments in _SIGNATURES:
            bound = getattr(library, function)
            bound.restype = result
            bound.argtypes = arguments
    except (OSError, AttributeError):
        return None
    return library

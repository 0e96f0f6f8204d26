# /// script
# dependencies = ["cryptography"]
# ///
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ed25519

key = Fernet.generate_key()
assert Fernet(key).decrypt(Fernet(key).encrypt(b"secret")) == b"secret"
signer = ed25519.Ed25519PrivateKey.generate()
signer.public_key().verify(signer.sign(b"text"), b"text")

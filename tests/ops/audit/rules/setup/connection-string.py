import os

from azure.core.credentials import AzureSasCredential
from azure.storage.blob import BlobServiceClient

# ruleid: ingenious-storage.connection-string
TEXT = "DefaultEndpointsProtocol=https;AccountName=agents;AccountKey=bWFkZS11cC1rZXktZm9yLXRoZS10ZXN0cy1vbmx5;EndpointSuffix=core.windows.net"
# ruleid: ingenious-storage.connection-string
NO_KEY = "DefaultEndpointsProtocol=https;AccountName=agents;EndpointSuffix=core.windows.net"
# ruleid: ingenious-storage.connection-string
SIGNED = "https://agents.blob.core.windows.net/data?sv=2024-11-04&sp=rw&sig=bWFkZS11cC1zaWduYXR1cmU%3D"

# ruleid: ingenious-storage.connection-string
service = BlobServiceClient("https://agents.blob.core.windows.net", credential="bWFkZS11cC1rZXktZm9yLXRoZS10ZXN0cw==")
# ruleid: ingenious-storage.connection-string
credential = AzureSasCredential("sv=2024-11-04&sp=rw&spr=https")
connect = {
    # ruleid: ingenious-storage.connection-string
    "storage": "AccountName=agents;AccountKey=bWFkZS11cC1rZXktZm9yLXRoZS10ZXN0cy1vbmx5",
}

# ruleid: ingenious-storage.connection-string
ACCOUNT_KEY = "bWFkZS11cC1rZXktZm9yLXRoZS10ZXN0cy1vbmx5LW9mLXNpeHR5LWZvdXItYnl0ZXMtYXMtYXp1cmUtaGFzMA=="
# ruleid: ingenious-storage.connection-string
os.environ.setdefault("INGENIOUS_FILE_STORAGE__DATA__TOKEN", "bWFkZS11cC1rZXktZm9yLXRoZS10ZXN0cy1vbmx5LW9mLXNpeHR5LWZvdXItYnl0ZXMtYXMtYXp1cmUtaGFzMA==")
settings = dict(
    # ruleid: ingenious-storage.connection-string
    token="bWFkZS11cC1rZXktZm9yLXRoZS10ZXN0cy1vbmx5LW9mLXNpeHR5LWZvdXItYnl0ZXMtYXMtYXp1cmUtaGFzMA==",
)

# ok: ingenious-storage.connection-string
COSMOS_KEY = "bWFkZS11cC1rZXktZm9yLXRoZS10ZXN0cy1vbmx5LW9mLXNpeHR5LWZvdXItYnl0ZXMtYXMtYXp1cmUtaGFzMA=="
# ok: ingenious-storage.connection-string
SHA512 = "bWFkZS11cC1zaGE1MTItb2YtYS1wYWNrYWdlLWluLWEtbG9jay1maWxlLXdoaWNoLWlzLWFzLWxvbmctYXMuLg=="
# ok: ingenious-storage.connection-string
FROM_OUTSIDE = os.environ["AZURE_STORAGE_CONNECTION_STRING"]
# ok: ingenious-storage.connection-string
EMULATOR = "UseDevelopmentStorage=true"
# ok: ingenious-storage.connection-string
AZURITE = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"


def built(name, key):
    # ok: ingenious-storage.connection-string
    text = f"DefaultEndpointsProtocol=https;AccountName={name};AccountKey={key}"
    # ok: ingenious-storage.connection-string
    return BlobServiceClient.from_connection_string(text)


# ok: ingenious-storage.connection-string
HELP = "Give a connection string: DefaultEndpointsProtocol=https;AccountName=...;AccountKey=..."
# ok: ingenious-storage.connection-string
PLACEHOLDER = "AccountKey=<your key>"


def by_tokens(credential, get_bearer_token_provider):
    # ok: ingenious-storage.connection-string
    token = get_bearer_token_provider(credential, "https://storage.azure.com/.default")
    # ok: ingenious-storage.connection-string
    return BlobServiceClient("https://agents.blob.core.windows.net", credential=credential, token=token)

from azure.core import MatchConditions


def blind(blob, container, data):
    # ruleid: ingenious-storage.blob-overwrite
    blob.upload_blob(data, overwrite=True)
    # ruleid: ingenious-storage.blob-overwrite
    container.upload_blob("a", data, overwrite=True, encoding="utf-8")
    # ruleid: ingenious-storage.blob-overwrite
    container.upload_blob(name="a", overwrite=True, data=data)


def guarded(blob, data, etag, lease):
    # ok: ingenious-storage.blob-overwrite
    blob.upload_blob(data)
    # ok: ingenious-storage.blob-overwrite
    blob.upload_blob(data, overwrite=False)
    # ok: ingenious-storage.blob-overwrite
    blob.upload_blob(
        data, overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified
    )
    # ok: ingenious-storage.blob-overwrite
    blob.upload_blob(data, overwrite=True, lease=lease)

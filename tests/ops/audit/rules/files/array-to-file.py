import io
import tempfile

import faiss
import h5py
import numpy as np
import torch
from matplotlib import pyplot as plt
from safetensors.torch import save_file


def arrays(array, path):
    # ruleid: ingenious-storage.array-to-file
    np.save("vectors.npy", array)
    # ruleid: ingenious-storage.array-to-file
    np.savez_compressed(path, a=array)
    # ruleid: ingenious-storage.array-to-file
    np.savetxt(path, array)
    # ruleid: ingenious-storage.array-to-file
    np.memmap(path, dtype="float32", mode="w+", shape=(1, 2))
    # ruleid: ingenious-storage.array-to-file
    array.tofile(path)
    # ruleid: ingenious-storage.array-to-file
    with h5py.File(path, "w") as file:
        file["a"] = array


def models(model, tokenizer, path):
    # ruleid: ingenious-storage.array-to-file
    torch.save(model.state_dict(), path)
    # ruleid: ingenious-storage.array-to-file
    save_file(model.state_dict(), path)
    # ruleid: ingenious-storage.array-to-file
    tokenizer.save_pretrained(path)


def indexes(index, store, path):
    # ruleid: ingenious-storage.array-to-file
    faiss.write_index(index, str(path))
    # ruleid: ingenious-storage.array-to-file
    store.save_local(path)
    # ruleid: ingenious-storage.array-to-file
    index.storage_context.persist(persist_dir="storage")
    # ruleid: ingenious-storage.array-to-file
    plt.savefig(path, dpi=300)


def reading(path):
    # ok: ingenious-storage.array-to-file
    np.load(path)
    # ok: ingenious-storage.array-to-file
    np.memmap(path, dtype="float32", mode="r")
    # ok: ingenious-storage.array-to-file
    torch.load(path)
    # ok: ingenious-storage.array-to-file
    faiss.read_index(path)
    # ok: ingenious-storage.array-to-file
    return h5py.File(path, "r")


def in_memory(array, model, state):
    buffer = io.BytesIO()
    # ok: ingenious-storage.array-to-file
    np.save(buffer, array)
    # ok: ingenious-storage.array-to-file
    torch.save(model.state_dict(), buffer)
    # ok: ingenious-storage.array-to-file
    plt.savefig(buffer)
    # ok: ingenious-storage.array-to-file
    state.persist()
    with tempfile.TemporaryDirectory() as folder:
        # ok: ingenious-storage.array-to-file
        np.save(f"{folder}/work.npy", array)
    return buffer.getvalue()

import copy
import copyreg
import json
import pickle
import shelve

import joblib


def keeps(state, file):
    # ruleid: ingenious-storage.pickle
    pickle.dump(state, file)
    # ruleid: ingenious-storage.pickle
    data = pickle.dumps(state, protocol=5)
    # ruleid: ingenious-storage.pickle
    joblib.dump(state, "state.joblib")
    # ruleid: ingenious-storage.pickle
    with shelve.open("memory") as shelf:
        shelf["a"] = data


def reads(file, data):
    # ruleid: ingenious-storage.pickle
    pickle.load(file)
    # ruleid: ingenious-storage.pickle
    return pickle.loads(data)


def harmless(state, data):
    # ok: ingenious-storage.pickle
    json.loads(data)
    # ok: ingenious-storage.pickle
    copy.deepcopy(state)
    # ok: ingenious-storage.pickle
    copyreg.pickle(complex, str)
    # ok: ingenious-storage.pickle
    joblib.Parallel(n_jobs=2)
    try:
        return state.load(data)
    # ok: ingenious-storage.pickle
    except pickle.PickleError:
        return None

"""The store: what is kept, and the only room that speaks SQL."""

from quizapp.store.accounts import Account, Accounts, AlreadyKept, Device, Failures, NameTaken
from quizapp.store.database import StoreBusy, StoreError
from quizapp.store.profiles import Profiles
from quizapp.store.shares import Shares
from quizapp.store.store import Learner, Listed, Missing, Store, Taken
from quizapp.store.upgrading import upgrade

__all__ = [
    "Account",
    "Accounts",
    "AlreadyKept",
    "Device",
    "Failures",
    "Learner",
    "Listed",
    "Missing",
    "NameTaken",
    "Profiles",
    "Shares",
    "Store",
    "StoreBusy",
    "StoreError",
    "Taken",
    "upgrade",
]

"""The store: what is kept, and the only room that speaks SQL."""

from quizapp.store.database import StoreBusy, StoreError
from quizapp.store.store import Learner, Listed, Missing, Store, Taken
from quizapp.store.upgrading import upgrade

__all__ = ["Learner", "Listed", "Missing", "Store", "StoreBusy", "StoreError", "Taken", "upgrade"]

"""The store: what is kept, and the only room that speaks SQL."""

from quizapp.store.accounts import (
    ROLES,
    Account,
    Accounts,
    AlreadyKept,
    Device,
    Failures,
    Invitation,
    LastAdmin,
    ListedAccount,
    NameTaken,
)
from quizapp.store.assignments import (
    Assigned,
    Assignment,
    Assignments,
    Begin,
    HasAttempts,
    Kept,
    Sitting,
    Taking,
)
from quizapp.store.backups import Backup, back_up
from quizapp.store.derived import Rebuilt, rebuild
from quizapp.store.doctor import Finding, examine
from quizapp.store.errors import StoreBusy, StoreError, StoreFull
from quizapp.store.exports import Exports
from quizapp.store.groups import Group, Groups, Member
from quizapp.store.moving import Moved, move
from quizapp.store.profiles import Profiles
from quizapp.store.readiness import unready
from quizapp.store.regrades import Asked, DryRun, Regrade, Regraded, Regrades, last_of
from quizapp.store.reports import Received, Report, Reports, TooManyReports
from quizapp.store.restoring import Restored, restore
from quizapp.store.results import Board, Column, Line, Markable, Results, State, state_of
from quizapp.store.shares import Shares
from quizapp.store.site import Cutoffs, Site, Tidied
from quizapp.store.store import Learner, Listed, Missing, Store, Taken
from quizapp.store.upgrading import advice_on, upgrade
from quizapp.store.usage import Usage, Use

__all__ = [
    "ROLES",
    "Account",
    "Accounts",
    "AlreadyKept",
    "Asked",
    "Assigned",
    "Assignment",
    "Assignments",
    "Backup",
    "Begin",
    "Board",
    "Column",
    "Cutoffs",
    "Device",
    "DryRun",
    "Exports",
    "Failures",
    "Finding",
    "Group",
    "Groups",
    "HasAttempts",
    "Invitation",
    "Kept",
    "LastAdmin",
    "Learner",
    "Line",
    "Listed",
    "ListedAccount",
    "Markable",
    "Member",
    "Missing",
    "Moved",
    "NameTaken",
    "Profiles",
    "Rebuilt",
    "Received",
    "Regrade",
    "Regraded",
    "Regrades",
    "Report",
    "Reports",
    "Restored",
    "Results",
    "Shares",
    "Site",
    "Sitting",
    "State",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreFull",
    "Taken",
    "Taking",
    "Tidied",
    "TooManyReports",
    "Usage",
    "Use",
    "advice_on",
    "back_up",
    "examine",
    "last_of",
    "move",
    "rebuild",
    "restore",
    "state_of",
    "unready",
    "upgrade",
]

"""Learning: what a learner does with what is asked. Rules over values, and no input or output."""

from quizapp.learn.attempt import (
    Attempt,
    NoSuchPlace,
    NotNow,
    Slot,
    Step,
    answer,
    ask_hint,
    come_back,
    finish,
    fold,
    show,
    start,
)
from quizapp.learn.mastery import READY, Mastery, beta_quantile
from quizapp.learn.memory import Memory, rating, recall, remember
from quizapp.learn.practice import DAILY, Due, Pick, due, most_telling
from quizapp.learn.profile import Answered, Card, Idea, Profile, Tally, fold_answers
from quizapp.learn.progress import TopicProgress, by_topic, held, offering, weekly
from quizapp.learn.quiz import Mode, NothingToAsk, Quiz, Source, draw, question_of_the_day

__all__ = [
    "DAILY",
    "READY",
    "Answered",
    "Attempt",
    "Card",
    "Due",
    "Idea",
    "Mastery",
    "Memory",
    "Mode",
    "NoSuchPlace",
    "NotNow",
    "NothingToAsk",
    "Pick",
    "Profile",
    "Quiz",
    "Slot",
    "Source",
    "Step",
    "Tally",
    "TopicProgress",
    "answer",
    "ask_hint",
    "beta_quantile",
    "by_topic",
    "come_back",
    "draw",
    "due",
    "finish",
    "fold",
    "fold_answers",
    "held",
    "most_telling",
    "offering",
    "question_of_the_day",
    "rating",
    "recall",
    "remember",
    "show",
    "start",
    "weekly",
]

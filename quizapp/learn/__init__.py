"""Learning: what a learner does with what is asked. Rules over values, and no input or output."""

from quizapp.learn.attempt import Attempt, NoSuchPlace, NotNow, Slot, Step, answer, finish, fold, show, start
from quizapp.learn.progress import Answered, TopicProgress, by_topic, latest, missed
from quizapp.learn.quiz import Mode, NothingToAsk, Quiz, Source, draw, question_of_the_day

__all__ = [
    "Answered",
    "Attempt",
    "Mode",
    "NoSuchPlace",
    "NotNow",
    "NothingToAsk",
    "Quiz",
    "Slot",
    "Source",
    "Step",
    "TopicProgress",
    "answer",
    "by_topic",
    "draw",
    "finish",
    "fold",
    "latest",
    "missed",
    "question_of_the_day",
    "show",
    "start",
]

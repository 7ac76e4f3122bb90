"""A trainer's pages: groups, assignments, results, questions."""

from quizapp.web.trainer import assigning, exports, groups, marking, questions, regrading, results, review

blueprints = (
    groups.bp,
    assigning.bp,
    results.bp,
    marking.bp,
    review.bp,
    regrading.bp,
    exports.bp,
    questions.bp,
)

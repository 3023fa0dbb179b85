"""Names that several rooms share: states, groups, tokens. Each stands here once."""

# Unguessable: a context that comes over RPC can never hold this very object.
ALLOW_CHANGE = object()

OPEN_STATES = ("new", "dispatched", "in_progress")

OPEN_VISITS = ("planned", "departed", "arrived")

COMPLAINT_OPEN = ("new", "confirmed", "answered")

OPINIONS = [
    ("very_satisfied", "Very satisfied"),
    ("satisfied", "Satisfied"),
    ("fair", "Fair"),
    ("dissatisfied", "Dissatisfied"),
]

MARK_FIELDS = ("attitude", "skill", "punctuality", "promises")

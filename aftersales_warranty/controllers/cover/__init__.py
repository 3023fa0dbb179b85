from . import (
    certificate,
    portal_machine,
)

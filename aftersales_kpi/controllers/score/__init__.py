from . import score

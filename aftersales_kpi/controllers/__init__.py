from . import analysis, score

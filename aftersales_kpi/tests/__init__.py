from . import test_history, test_score, test_score_security, test_score_tools

from . import (
    test_alarm,
    test_analysis,
    test_analysis_tools,
    test_dashboards,
    test_figures,
    test_history,
    test_improvement,
    test_kpi_tours,
    test_score,
    test_score_security,
    test_score_tools,
)

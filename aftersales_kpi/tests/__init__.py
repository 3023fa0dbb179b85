from .figures import (
    test_breakdown,
    test_dashboards,
    test_figures,
    test_figures_claims,
    test_figures_examples,
    test_figures_random,
    test_figures_rights,
    test_kpi_security,
    test_kpi_tours,
    test_migration,
    test_screens,
    test_trace,
)
from .quality import (
    test_alarm,
    test_analysis,
    test_analysis_tools,
    test_improvement,
)
from .score import (
    test_roster,
    test_score,
    test_score_currencies,
    test_score_facts,
    test_score_routes,
    test_score_security,
    test_score_tools,
)

{
    "name": "After-Sales KPI",
    "summary": "Monthly scores and figures of the after-sales service",
    "version": "19.0.1.1.0",
    "category": "Services/After-Sales",
    "website": "https://github.com/aftersales-odoo/aftersales",
    "author": "After-Sales for Odoo",
    "license": "LGPL-3",
    "depends": ["aftersales_warranty"],
    "data": [
        "security/ir.model.access.csv",
        "security/aftersales_score_security.xml",
        "data/aftersales_score_rule_data.xml",
        "data/aftersales_score_cron.xml",
        "report/aftersales_score_reports.xml",
        "report/aftersales_score_templates.xml",
        "wizards/aftersales_score_month_views.xml",
        "wizards/aftersales_history_wizard_views.xml",
        "views/aftersales_score_rule_views.xml",
        "views/aftersales_score_line_views.xml",
        "views/aftersales_score_sheet_views.xml",
        "views/aftersales_score_incident_views.xml",
        "views/res_config_settings_views.xml",
    ],
    "demo": [
        "demo/aftersales_history_demo.xml",
        "demo/aftersales_score_demo.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "aftersales_kpi/static/src/**/*",
        ],
    },
}

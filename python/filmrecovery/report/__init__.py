"""A validation as one page that opens without a network.

Imports validation and the rooms below it.

Offers assessment (Assessed, assess, of_prepared, report_assessment); page (Heading); report_elements (ReportElements,
find_elements); report_settings (ReportSettings); write_report (write_report).
"""

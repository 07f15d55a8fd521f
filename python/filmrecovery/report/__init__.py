"""A validation as one page that opens without a network.

Imports validation and the rooms below it.

Offers assessment (Assessed, Assessment, assess); page (Heading); page_template (page_template, policy_hash); plots;
report_elements (find_elements); report_settings (ReportSettings); write_report (write_report).
"""

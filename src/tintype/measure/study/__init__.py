"""What the answers of people say: from a table of answers to published figures.

``analysis.analyze`` takes a CSV file, or answers from ``answers.parse_answers``; ``findings.findings`` and
``tables.tables_of`` say the outcome, ``report.publish`` writes all of it into a folder. Nothing here knows how the
study was held: any table with the columns of ``answers.COLUMNS`` can be judged.
"""

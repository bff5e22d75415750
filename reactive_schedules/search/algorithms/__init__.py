"""The search algorithms, a file each. A new one is its file here; see docs/tuner.md.

KerasTuner's are asked through its oracles; Optuna's TPE is under a KerasTuner oracle, too.
"""

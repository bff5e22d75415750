"""The search algorithms, one file each. All files in this folder are imported; see docs/tuner.md.

Algorithms use KerasTuner's oracles; an oracle also wraps Optuna's TPE.
"""

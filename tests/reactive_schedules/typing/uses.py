"""Right and wrong uses of the public API. Each comment says which rule a type checker must report in its line."""

import keras
import numpy as np

import reactive_schedules as rs
from reactive_schedules.families.linear import LinearFormula, LinearSpec

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
x, y = np.zeros((8, 3)), np.zeros((8, 1))
horizon = rs.Horizon(steps_per_epoch=100, epochs=10, batch_size=32)
spec = rs.TrainingSpec.from_yaml("learning_rate: {family: cosine, peak: 0.1}")

# Right.
rate = rs.OneCycle(0.1, warmup="2ep", three_phase=True, horizon=horizon)
rs.Constant(0.1)
rs.Piecewise(0.1, boundaries=[10, "50%"], ratios=[1, 0.1, 0.01])
rs.InverseSquareRoot.noam(width=512, warmup=4000)
rs.Warmup(rs.Scaled(rate, by=0.5), steps="5%", shape="exponential", start=0.1)
ahead: rs.Preview = rs.preview(spec, horizon)
first: rs.KeyPoint = ahead.key_points[0]
result: rs.FitResult = rs.fit(model, (x, y), (x, y), spec, loss="mse", until=1)
losses: list[float] = result.history["loss"]
state, decision = rs.observe(rs.PlateauState.start(rs.PlateauSpec(patience=3), batch_size=32), 0.5)
kind: str = decision.kind
made: rs.TrainingSpec = rs.TrainingSpec(learning_rate=spec.learning_rate, epochs=3)
steps: int = rs.resolve("30%", horizon)
found: rs.RangeTest = rs.range_test(model, (x, y), steps=50)
low: float = found.bounds[0]
forecast: rs.Forecast = rs.forecast(spec, 50_000)
callback: keras.callbacks.Callback = rs.PlateauDecay(rs.PlateauSpec(patience=2))
version: str = rs.__version__
length: int = LinearFormula.of(LinearSpec(peak=0.1, warmup="10%"), horizon, None).length

# Wrong.
rs.nonsense(3)  # error: reportAttributeAccessIssue
rs.OneCycle("high")  # error: reportArgumentType
rs.OneCycle(0.1, warmpu=3)  # error: reportCallIssue
rs.OneCycle()  # error: reportCallIssue
rs.OneCycle(0.1, anneal="sine")  # error: reportArgumentType
rs.Cosine(0.1, 100)  # error: reportCallIssue
rs.Horizon(steps_per_epoch=100, epochs="ten", batch_size=32)  # error: reportArgumentType
rs.fit(model, (x, y), None, {"epochs": 3})  # error: reportArgumentType
rs.fit(model, (x, y), None, spec, epoch=3)  # error: reportCallIssue
rs.PlateauSpec(patience=2.5)  # error: reportArgumentType
rs.TrainingSpec(epochs=3)  # error: reportCallIssue
spec.epochs = 4  # error: reportAttributeAccessIssue
decision.kind = "stop"  # error: reportAttributeAccessIssue
rs.preview(spec)  # error: reportCallIssue
print(result.histroy)  # error: reportAttributeAccessIssue
number: int = rs.preview(spec, horizon)  # error: reportAssignmentType

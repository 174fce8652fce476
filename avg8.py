import torch
from pathlib import Path
from pipelines.training.config import TrainConfig
from pipelines.training.checkpoint import Run
import dataclasses
c=dataclasses.replace(TrainConfig.load(Path('glom_video/weights/ripen.toml')),initial='package')
r=Run.begin(c); r.restore(Path('/tmp/r8/checkpoint.pt')); print(r.step,r.seconds)
r.average.save_pretrained('/tmp/r8/glom.safetensors'); r.glom.save_pretrained('/tmp/r8/last.safetensors')

from m2p.models import Level, LevelValues, LevelValues65F1 as L

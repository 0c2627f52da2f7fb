"""Counts flights per carrier in the data set itself: what every program must find."""

import json
import sys
from collections import Counter

sys.path.insert(0, sys.argv[1])
import flights

data, count = sys.argv[2], int(sys.argv[3])
print(json.dumps(Counter(event["carrier"] for event in flights.events(data, count))))

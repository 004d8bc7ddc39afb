"""Makes a C file of a text file: embed.py IN NAME OUT."""
import sys

text = open(sys.argv[1], 'rb').read()
lines = []
for at in range(0, len(text), 16):
    lines.append('    ' + ' '.join('%d,' % (b if b < 128 else b - 256) for b in text[at:at + 16]))
with open(sys.argv[3], 'w') as out:
    out.write('/* Made by embed.py. */\n#include "check.h"\n\nconst char %s[] = {\n%s\n    0};\n'
              % (sys.argv[2], '\n'.join(lines)))

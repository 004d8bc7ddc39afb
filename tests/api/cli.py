"""The wanmi command as its users see it: outputs, messages and exit codes.

usage: cli.py WANMI    with the folder of the source in WANMI_SOURCE

The data in tests/vectors/cli is invented: two communities, two schools.
"""
import gzip
import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

wanmi = os.path.abspath(sys.argv[1])
source = os.environ.get('WANMI_SOURCE', '.')
vectors = os.path.abspath(os.path.join(source, 'tests/vectors/cli'))
folder = tempfile.TemporaryDirectory(prefix='wanmi-cli-')
os.chdir(folder.name)
counts = {'passed': 0, 'failed': 0}


def check(what, good, *seen):
    counts['passed' if good else 'failed'] += 1
    if not good:
        print('FAILED:', what)
        for text in seen:
            print('   ', repr(text)[:3000])


class Run:
    """One run of the command; stdout and stderr as text."""

    def __init__(self, *words, stdin=None):
        done = subprocess.run([wanmi] + list(words), input=stdin, capture_output=True, timeout=120)
        self.words = ' '.join(words)
        self.code = done.returncode
        self.out = done.stdout.decode('utf-8')
        self.err = done.stderr.decode('utf-8')

    def gives(self, code, out=None, err=None):
        check('%s: exit code %d' % (self.words, code), self.code == code, self.code, self.out, self.err)
        if out is not None:
            check('%s: output' % self.words, self.out == out, self.out, out)
        if err is not None:
            check('%s: messages' % self.words, self.err == err, self.err, err)
        return self

    def says(self, *texts):
        for text in texts:
            check('%s: says %r' % (self.words, text), text in self.out + self.err, self.out, self.err)
        return self


def vector(name):
    return os.path.join(vectors, name)


def write(name, content):
    with open(name, 'wb') as file:
        file.write(content if isinstance(content, bytes) else content.encode('utf-8'))
    return name


def read(name):
    with open(name, encoding='utf-8') as file:
        return file.read()


# ---- usage --------------------------------------------------------------------------

VERBS = ['grid', 'map', 'map create', 'map layer', 'map units', 'map duties', 'map rules',
         'map objects', 'map calendars', 'map deadlines', 'map escalations', 'map list', 'map set', 'map drop', 'map export', 'map explain', 'check', 'index', 'info', 'locate', 'route', 'bench']


def test_usage():
    Run().gives(2, '').says('wants a verb')
    Run('--help').gives(0, err='').says('usage: wanmi VERB', 'locate', 'Exit code')
    Run('--version').gives(0, err='').says('wanmi 0.', 'PROJ ', 'GEOS ')
    Run('lokate').gives(2, '').says("unknown verb 'lokate' (did you mean locate?)", 'wanmi --help')
    Run('xyzzy').gives(2, '').says("unknown verb 'xyzzy'")
    Run('map', 'lst').gives(2, '').says('did you mean list?')
    Run('map').gives(2, '').says('wants a verb')
    for verb in VERBS:
        done = Run(*verb.split(), '--help').gives(0, err='').says('usage: wanmi ' + verb)
        if verb != 'map':
            done.says('example: wanmi ' + verb)
    Run('locate').gives(2, '').says('wants MAP [FILE]')
    Run('locate', 'm', '--jbos', '2').gives(2, '').says("unknown option '--jbos' (did you mean --jobs?)")
    Run('locate', 'm', '--jobs').gives(2, '').says('--jobs wants a value')
    Run('locate', 'm', '--jobs', 'two').gives(2, '').says("--jobs: 'two' is not a number")
    Run('locate', 'm', '--jobs', '0').gives(2, '').says('--jobs: from 1 to')
    Run('locate', 'm', 'a', 'b').gives(2, '').says("does not know what to do with 'b'")
    Run('locate', 'm', '-x').gives(2, '').says("unknown option '-x'")
    Run('locate', 'm', '--datum', 'wgs48').gives(2, '').says("--datum: 'wgs48' is not wgs84")
    Run('locate', 'm', '--engine', 'warp').gives(2, '').says("--engine: 'warp' is not known")
    Run('locate', 'm', '--output', 'gpkg').gives(2, '').says('--output gpkg wants -o FILE')
    Run('locate', 'm', '--point', '1').gives(2, '').says("--point: '1' is not two numbers")
    Run('grid', '--areas', 'a').gives(2, '').says('--code FIELD must be given')
    Run('check', 'a', '--crs', 'EPSG:4548').gives(2, '').says('wants --crs and --code')


# ---- making a map ---------------------------------------------------------------------

def make_map():
    done = Run('grid', '--areas', vector('communities.geojson'), '--code', 'code', '--name-field', 'name',
               '--crs', 'EPSG:4548', '--fallback-unit', 'CENTRE', '--title', '试验区', '-o', 'm.gpkg')
    done.gives(0, err='').says('m.gpkg: 2 areas, 44 cells', 'difference 0.000000000 m2')
    Run('map', 'units', 'm.gpkg', '--from', vector('units.csv'), '--replace').gives(
        0, 'units: 5 read, 5 taken, 0 refused\n', '')
    Run('map', 'layer', 'm.gpkg', '--name', 'school', '--kind', 'overlay', '--level', '5', '--from',
        vector('schools.geojson'), '--code', 'code', '--name-field', 'name').gives(
        0, 'school: 2 read, 2 taken, 0 refused\n', '')
    Run('map', 'duties', 'm.gpkg', '--from', vector('duties.csv')).gives(
        0, 'duties: 4 read, 4 taken, 0 refused\n', '')
    Run('map', 'rules', 'm.gpkg', '--from', vector('rules.csv')).gives(
        0, 'rules: 4 read, 4 taken, 0 refused\n', '')


def test_map():
    Run('map', 'list', 'm.gpkg').gives(0, err='').says('cell', 'the cell layer', 'school', 'overlay')
    Run('info', 'm.gpkg').gives(0, err='').says('试验区', 'EPSG:4548', 'index', 'plan', 'a cell')
    Run('map', 'create', 'm.gpkg', '--crs', 'EPSG:4548').gives(2, '').says('m.gpkg')
    Run('map', 'create', 'x.gpkg', '--crs', 'EPSG:4490').gives(2, '').says('EPSG:4490')
    Run('map', 'create', 'x.gpkg', '--crs', 'nonsense').gives(2, '')
    Run('map', 'export', 'm.gpkg', 'out').gives(0, '', '')
    names = {feature['properties']['name'] for feature in json.loads(read('out/area.geojson'))['features']}
    check('export: names', names == {'甲社区', '乙社区'}, names)
    check('export: what is empty stays so', ',-1,' not in read('out/wanmi_rules.csv'), read('out/wanmi_rules.csv'))
    Run('map', 'create', 'e.gpkg', '--crs', 'EPSG:4548', '--snap', '5').gives(0, '', '')
    Run('map', 'layer', 'e.gpkg', '--name', 'school', '--kind', 'overlay', '--level', '1', '--from',
        vector('schools.geojson'), '--code', 'code').gives(0, 'school: 2 read, 2 taken, 0 refused\n', '')
    Run('map', 'drop', 'e.gpkg', 'school').gives(0, '', '')
    Run('map', 'drop', 'e.gpkg', 'school').gives(2, '').says('school')
    Run('map', 'set', 'e.gpkg', 'title', '新名').gives(0, '', '')
    check('set: the title is another', '新名' in Run('info', 'e.gpkg').out)
    Run('map', 'set', 'e.gpkg', 'crs', 'EPSG:4547').gives(2, '').says('wanmi_meta', "'crs'")
    Run('map', 'set', 'e.gpkg', 'snap_m', 'near').gives(2, '').says('snap_m', "'near'")
    Run('map', 'set', 'e.gpkg', 'snap_m', '2000').gives(2, '').says('snap')
    Run('map', 'set', 'e.gpkg', 'timezone', 'Asia/Nowhere').gives(2, '').says('Asia/Nowhere')
    check('set: a refused change changes nothing', '新名' in Run('info', 'e.gpkg').out)
    Run('map', 'layer', 'e.gpkg', '--name', 'x', '--kind', 'overlay', '--level', '4294967296', '--from', 'f',
        '--code', 'c').gives(2, '').says('--level: from 0 to 1000')
    shutil.copy('m.gpkg', 'd.gpkg')
    for table in ('rules', 'duties', 'units'):
        Run('map', 'drop', 'd.gpkg', table).gives(0, '', '')
    check('drop: tables are empty', re.findall(r'(units|duties|rules) +0', Run('map', 'list', 'd.gpkg').out) == [
        'units', 'duties', 'rules'])
    Run('map', 'drop', 'd.gpkg', 'things').gives(2, '').says('things')
    Run('map', 'layer', 'e.gpkg', '--name', 'x', '--kind', 'odd', '--level', '1', '--from', 'f', '--code',
        'c').gives(2, '').says("--kind: 'odd' is not partition or overlay")


def points_of(coordinates):
    return 1 if not isinstance(coordinates[0], list) else sum(points_of(part) for part in coordinates)


def info_bytes(name):
    lines = re.findall(r'^(  )?(\S.*?)\s+([0-9,]+) bytes', Run('info', name).gives(0, err='').out, re.M)
    return [(indent != '', what, int(number.replace(',', ''))) for indent, what, number in lines]


def test_info():
    lines = info_bytes('m.gpkg')
    sums = {}
    for part, what, number in lines:
        if part:
            sums[whole][1] += number
        else:
            whole = what
            sums[whole] = [number, 0]
    for whole in ('map', 'index'):
        check('info: the parts of the %s are all of it' % whole, sums[whole][0] == sums[whole][1], lines)
    check('info: map and index', sums['map and index'][0] == sums['map'][0] + sums['index'][0], lines)
    features = [feature for layer in ('area', 'cell', 'school')
                for feature in json.loads(read('out/%s.geojson' % layer))['features']]
    parts = {what: number for part, what, number in lines if part}
    points = sum(points_of(feature['geometry']['coordinates']) for feature in features)
    check('info: coordinates once, raw', parts['coordinates'] == 16 * points, lines, points)
    codes = sum(len(feature['properties']['code']) + 1 for feature in features)
    check('info: codes', parts['codes'] == codes, lines, codes)


def test_index():
    shutil.copy('m.gpkg', 'i.gpkg')
    points = write('i.csv', 'id,lon,lat\n' + ''.join('%d,%.7f,%.7f\n' % (i, 116.399 + i % 40 * 1e-4, 39.899 + i // 40 * 1e-4)
                                                    for i in range(1200)))
    expected = Run('locate', 'i.gpkg', points).gives(0, err='').out
    Run('index', 'i.gpkg', '--check').gives(2, '').says('i.gpkg.wmi: there is no index image')
    check('info: no image', 'index image              none' in Run('info', 'i.gpkg').out)
    Run('index', 'i.gpkg').gives(0, err='').says('i.gpkg.wmi: ', ' bytes')
    size = os.path.getsize('i.gpkg.wmi')
    Run('index', 'i.gpkg', '--check').gives(0, 'i.gpkg.wmi: %s bytes, fits the map, its checksums hold\n' % f'{size:,}', '')
    check('info: the image', '%s bytes' % f'{size:,}' in Run('info', 'i.gpkg').gives(0, err='').out)
    Run('locate', 'i.gpkg', points).gives(0, expected, '')
    Run('locate', 'i.gpkg', points, '--engine', 'exact').gives(0, expected, '')
    Run('locate', 'i.gpkg', '--point', '116.401', '39.9005').gives(0, err='')
    Run('map', 'explain', 'i.gpkg', '--point', '116.401', '39.9005', '--class', '02').gives(0, err='')
    whole = open('i.gpkg.wmi', 'rb').read()
    at = whole.rindex(bytes([0x40]))    # in a table: its checksum finds it, and opening alone need not
    write('i.gpkg.wmi', whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
    Run('index', 'i.gpkg', '--check').gives(1, '').says('its checksum is another')
    write('i.gpkg.wmi', whole[:5000])
    Run('index', 'i.gpkg', '--check').gives(1, '').says('it is truncated')
    Run('locate', 'i.gpkg', points).gives(0, expected).says('it is truncated', 'the map is compiled')
    check('info: an image that is refused', 'it is truncated' in Run('info', 'i.gpkg').gives(0, err='').out)
    check('locate leaves the image as it was', os.path.getsize('i.gpkg.wmi') == 5000)
    Run('index', 'i.gpkg').gives(0, err='')
    Run('map', 'set', 'i.gpkg', 'snap_m', '3').gives(0, '', '')
    Run('index', 'i.gpkg', '--check').gives(1, '').says('it is of generation ', ' of this map, and this is generation ')
    Run('index', 'nowhere.gpkg').gives(2, '').says('nowhere.gpkg')
    os.mkdir('shut')
    shutil.copy('m.gpkg', 'shut/m.gpkg')
    os.mkdir('shut/m.gpkg.wmi')
    Run('index', 'shut/m.gpkg').gives(2, '').says('shut/m.gpkg.wmi')


def test_bad_tables():
    rows = 'layer,area,role,unit,rank\narea,110101001001,网格长,U1,1\narea,nowhere,a,U1,1\narea,110101001001,a,U9,1\n'
    Run('map', 'create', 'b.gpkg', '--crs', 'EPSG:4548').gives(0)
    Run('map', 'units', 'b.gpkg', '--from', write('u.csv', 'code,name\nA,甲\n,x\nA,again\nB,"乙"\nC\n')).gives(1).says(
        'units: 5 read, 2 taken, 3 refused', 'u.csv: row 5')
    shutil.copy('m.gpkg', 'copy.gpkg')
    Run('map', 'duties', 'copy.gpkg', '--from', write('d.csv', rows)).gives(1).says('nowhere', 'U9', '3 refused')
    Run('map', 'units', 'b.gpkg', '--from', write('u.csv', 'code,colour\nA,red\n')).gives(2, '').says('colour')
    Run('map', 'units', 'b.gpkg', '--from', 'nowhere.csv').gives(2, '').says('nowhere.csv')
    Run('map', 'units', 'b.gpkg', '--from', write('u.csv', '')).gives(2, '').says('u.csv')
    # What spreadsheets make of it.
    for text in ('code;name\nX;x\n', 'code\tname\nX\tx\n'):
        Run('map', 'units', 'b.gpkg', '--from', write('u.csv', text)).gives(2, '').says("must be separated by ','")
    for text in ('code,名称\nX,x\n', 'code,name\nX,环卫队\n'):
        with open('u.csv', 'wb') as file:
            file.write(text.encode('gb18030'))
        Run('map', 'units', 'b.gpkg', '--from', 'u.csv').says('iconv -f GB18030 -t UTF-8')
    with open('u.csv', 'wb') as file:
        file.write('\ufeffcode,name\r\nX,环卫队\r\n'.encode('utf-8'))
    Run('map', 'units', 'b.gpkg', '--from', 'u.csv').gives(0, 'units: 1 read, 1 taken, 0 refused\n', '')


def test_bad_areas():
    bad = vector('broken.geojson')
    words = ['--areas', bad, '--code', 'code', '--crs', 'EPSG:4548', '-o', 'bad.gpkg']
    Run('grid', *words).gives(2, '').says('row 2', '110101001002', 'Self-intersection', 'row 3', '--skip-invalid')
    check('no map after a refusal', not os.path.exists('bad.gpkg'))
    Run('grid', *words, '--skip-invalid').gives(0).says('row 2', 'row 3')
    areas = json.loads(read(vector('communities.geojson')))
    areas['features'].append(dict(areas['features'][0], properties={'code': '12', 'name': 'short'}))
    areas['features'].append(areas['features'][0])
    words = ['--areas', write('twice.geojson', json.dumps(areas)), '--code', 'code', '--crs', 'EPSG:4548', '-o', 'twice.gpkg']
    Run('grid', *words, '--skip-invalid').gives(0).says(
        'twice.geojson: layer area, row 3, code 12: layout', 'twice.geojson: layer area, row 4, code 110101001001: the '
        'code is doubled: row 1 has it already', '2 areas, 44 cells')
    Run('grid', *words, '--where', "code = 'nobody'").gives(2, '').says('twice.geojson: no area is left to be cut')
    Run('grid', '--areas', 'nowhere.geojson', '--code', 'code', '--crs', 'EPSG:4548', '-o', 'x.gpkg').gives(2, '').says(
        'nowhere.geojson')
    Run('grid', '--areas', vector('communities.geojson'), '--code', 'cod', '--crs', 'EPSG:4548', '-o',
        'x.gpkg').gives(2, '').says('cod')
    Run('grid', '--areas', vector('communities.geojson'), '--code', 'code', '--crs', 'EPSG:4548', '--layout',
        '6+3+3+1', '-o', 'x.gpkg').gives(2, '').says('6+3+3+2')
    Run('grid', '--areas', vector('communities.geojson'), '--code', 'code', '--crs', 'EPSG:4548', '--datum',
        'wsg84', '-o', 'x.gpkg').gives(2, '').says('wsg84')
    Run('grid', '--areas', vector('communities.geojson'), '--code', 'code', '--crs', 'EPSG:4548', '-o',
        '/nowhere/x.gpkg').gives(2, '').says('/nowhere/x.gpkg')


# ---- locate --------------------------------------------------------------------------------

LOCATED = '''id,area,cell,school,status,distance_m
e1,110101001001,110101001001017,,inside,0
"e,2",110101001002,110101001002007,,inside,0
e3,110101001001,110101001001014,S1,inside,0
e4,110101001001,110101001001003,,inside,0
e5,,,,outside,
e6,,,,rejected,
e7,,,,rejected,
8,110101001001,110101001001015,S1;S2,inside,0
'''


def test_locate():
    events = vector('events.csv')
    rejects = ("wanmi: %s: row 6: line 7, column time: is not a time of ISO 8601: '2026-11-22T25:00'\n"
               "wanmi: %s: row 7: line 8: rejected: longitude: '216.401 39.9005'\n"
               "wanmi: 2 of 8 rows rejected\n")
    Run('locate', 'm.gpkg', events).gives(1, LOCATED, rejects % (events, events))
    Run('locate', 'm.gpkg', events, '--engine', 'exact').gives(1, LOCATED)
    Run('locate', 'm.gpkg', stdin=read(events).encode()).gives(1, LOCATED, rejects % (('standard input',) * 2))
    Run('locate', 'm.gpkg', '-', stdin=read(events).encode()).gives(1, LOCATED)
    Run('locate', 'm.gpkg', events, '-o', 'l.csv', '--rejects', 'r.csv').gives(
        1, '', 'wanmi: 2 of 8 rows rejected\n')
    check('locate -o', read('l.csv') == LOCATED, read('l.csv'))
    check('locate --rejects', read('r.csv') == '''line,row,id,reason
7,6,e6,column time: is not a time of ISO 8601: '2026-11-22T25:00'
8,7,e7,longitude
''', read('r.csv'))
    Run('locate', 'm.gpkg', '--point', '116.401', '39.9005').gives(
        0, 'id,area,cell,school,status,distance_m\n1,110101001001,110101001001017,,inside,0\n', '')
    Run('locate', 'm.gpkg', '--point', '-116.401', '-39.9005').gives(
        0, 'id,area,cell,school,status,distance_m\n1,,,,outside,\n', '')
    Run('locate', 'm.gpkg', '--point', 'nan', '39.9005').gives(1).says('rejected', 'finite')
    Run('locate', 'm.gpkg', events, '--point', '1', '2').gives(2, '').says('a file or --point')


def test_locate_formats():
    done = Run('locate', 'm.gpkg', vector('events.csv'), '--output', 'ndjson').gives(1)
    rows = [json.loads(line) for line in done.out.splitlines()]
    check('ndjson rows', [row['id'] for row in rows] == ['e1', 'e,2', 'e3', 'e4', 'e5', 'e6', 'e7', '8'], rows)
    check('ndjson values', rows[0] == {'id': 'e1', 'area': '110101001001', 'cell': '110101001001017',
                                       'school': None, 'status': 'inside', 'distance_m': 0}, rows[0])
    again = '\n'.join(json.dumps({'lon': 116.4025, 'lat': '39.9015', 'id': i}) for i in ['甲', 7]) + '\n'
    Run('locate', 'm.gpkg', stdin=again.encode()).gives(0, '''id,area,cell,school,status,distance_m
甲,110101001001,110101001001014,S1,inside,0
7,110101001001,110101001001014,S1,inside,0
''', '')
    feature = {'type': 'Feature', 'id': 'f', 'geometry': {'type': 'Point', 'coordinates': [116.4025, 39.9015]}}
    Run('locate', 'm.gpkg', stdin=json.dumps(feature).encode()).gives(0).says('f,110101001001,110101001001014,S1')
    refused = [dict(feature, geometry=None), dict(feature, geometry={'type': 'MultiPoint', 'coordinates': []}),
               dict(feature, properties=7), {'id': 'nolat', 'lon': 116.4}, {'id': 'text', 'lon': 'x', 'lat': 'y'},
               {'id': 8, 'lon': 116.4, 'lat': [39.9]}, {'id': 'when', 'lon': 116.4, 'lat': 39.9, 'time': 5},
               {'id': [], 'lon': 116.4, 'lat': 39.9}]
    done = Run('locate', 'm.gpkg', stdin='\n'.join(map(json.dumps, refused)).encode()).gives(1)
    check('refused rows keep their ids', [line.split(',')[0] for line in done.out.splitlines()[1:]] == [
        'f', 'f', 'f', 'nolat', 'text', '8', 'when', '8'], done.out)
    Run('locate', 'm.gpkg', vector('events.csv'), '--output', 'gpkg', '-o', 'l.gpkg').gives(1, '')
    with sqlite3.connect('l.gpkg') as file:
        rows = file.execute('select id, cell, status, geom is null from l order by fid').fetchall()
    check('gpkg rows', rows[0] == ('e1', '110101001001017', 'inside', 0) and rows[6][2:] == ('rejected', 1), rows)
    map_place = Run('map', 'explain', 'm.gpkg', '--point', '116.401', '39.9005', '--class', '01').out
    x, y = re.search(r'x y +(\S+) (\S+)', map_place).groups()
    Run('locate', 'm.gpkg', '--datum', 'map', '--point', x, y).gives(0).says('110101001001017')
    Run('locate', 'm.gpkg', '--datum', 'map', '--lon', 'x', '--lat', 'y', stdin=('x,y\n%s,%s\n' % (x, y)).encode()).gives(
        0).says('110101001001017')


def test_bad_input():
    def rows(text, code, *words):
        return Run('locate', 'm.gpkg', stdin=text if isinstance(text, bytes) else text.encode()).gives(code).says(*words)

    good = '116.401,39.9005'
    cell = '110101001001017'
    rows('\ufefflon,lat\r\n%s\r\n' % good, 0, cell)
    rows('lon,lat\n%s' % good, 0, cell)
    rows('lon,lat,id\n%s,%s\n%s,b\n' % (good, 'x' * 10000, good), 0, 'x' * 10000 + ',', 'b,110101001001')
    rows('lon,lat,id\n%s,%s\n%s,b\n' % (good, 'x' * 2000000, good), 1, 'is longer than 1 MiB', 'b,110101001001')
    rows('lon,lat,id\n%s,"a\nb,""c"""\n' % good, 0, '"a\nb,""c""",110101001001')
    rows('lon,lat,id\n%s,"open\n%s,b\n' % (good, good), 1, 'line 2: has a quote that is never closed', 'b,110101001001')
    rows('经度,纬度\n%s\n' % good, 2, "the header (经度, 纬度) has no such column: 'lon'")
    rows('', 2, 'standard input: is empty')
    rows('lon,lat\n', 0)
    rows('lon,lat\n39.9005,116.401\n', 1, 'latitude')
    rows('lon,lat\nnan,1\n1,inf\n%s\n' % good, 1, 'row 1', 'row 2', cell, '2 of 3 rows rejected')
    rows(b'lon,lat\n\xb1\xe0,1\n' + good.encode() + b'\n', 1, 'is not UTF-8', cell)
    rows('lon,lat\n1\n%s\n' % good, 1, '1 fields where the header has 2', cell)
    rows('{"type":"FeatureCollection","features":[]}', 2, 'one feature a line')
    rows('[[1,2]]', 2, 'a JSON array')
    Run('locate', 'm.gpkg', 'nowhere.csv').gives(2, '').says('nowhere.csv: cannot be opened')
    Run('locate', 'm.gpkg', '/').gives(2, '').says('/: cannot be opened: it is a folder')
    Run('locate', 'm.gpkg', vector('events.csv'), '--id', 'nummer').gives(2, '').says("no such column: 'nummer'")
    Run('locate', 'm.gpkg', vector('events.csv'), '--at', 'noon').gives(2, '').says("'noon' is not a time")
    # The wrong datum is half a kilometre off: 550 m here, more than a community.
    wrong = Run('locate', 'm.gpkg', vector('events.csv'), '--datum', 'gcj02').gives(1)
    check('a wrong datum', wrong.out != LOCATED, wrong.out)


def test_bad_maps():
    point = ['--point', '116.401', '39.9005']
    Run('locate', 'nowhere.gpkg', *point).gives(2, '').says('nowhere.gpkg: cannot be opened')
    Run('locate', write('text.gpkg', 'this is no GeoPackage\n' * 100), *point).gives(2, '').says('text.gpkg')
    Run('locate', write('empty.gpkg', ''), *point).gives(2, '').says('empty.gpkg')
    Run('locate', vector('communities.geojson'), *point).gives(2, '').says('communities.geojson')
    with open('m.gpkg', 'rb') as file:
        whole = file.read()
    for part in (100, 5000, len(whole) // 2, len(whole) - 4096):
        for verb in (['locate'], ['info'], ['check'], ['map', 'list']):
            done = Run(*verb, write('cut.gpkg', whole[:part]), *(point if verb == ['locate'] else []))
            check('%s of a map cut at %d ends with 1 or 2' % (verb, part), done.code in (1, 2), done.code, done.err)


# ---- route -----------------------------------------------------------------------------------

ROUTED = '''row,id,cell,area,unit,role,rule,step,priority,due,copy,tags,generation
1,e1,110101001001017,110101001001,U1,网格长,10,ancestor,5,,0,,5
1,e1,110101001001017,110101001001,P1,民警,20,ancestor,3,,1,告知,5
2,"e,2",110101001002007,110101001002,U2,网格长,10,ancestor,5,,0,,5
3,e3,110101001001014,S1,H1,护校员,30,duty,2,,0,,5
4,e4,110101001001003,,CENTRE,,40,unit,5,,1,大事,5
4,e4,110101001001003,110101001001,P1,民警,fallback,ancestor,5,,0,,5
5,e5,,,CENTRE,,outside,fallback,5,,0,,5
8,8,110101001001015,110101001001,U1,网格长,10,ancestor,5,,0,,5
8,8,110101001001015,110101001001,P1,民警,20,ancestor,3,,1,告知,5
'''


def test_route():
    events = vector('events.csv')
    Run('route', 'm.gpkg', events, '--at', '2026-11-22').gives(1, ROUTED)
    done = Run('route', 'm.gpkg', events, '--summary', '-o', 'd.csv', '--rejects', 'r.csv').gives(1, '')
    done.says('submitted = routed + unrouted + refused: holds', 'accepted = delivered + dead + pending:   holds')
    check('route -o', read('d.csv') == ROUTED, read('d.csv'))
    check('route --rejects', len(read('r.csv').splitlines()) == 3, read('r.csv'))
    done = Run('route', 'm.gpkg', events, '--output', 'ndjson').gives(1)
    rows = [json.loads(line) for line in done.out.splitlines()]
    check('route ndjson', [row['unit'] for row in rows] == ['U1', 'P1', 'U2', 'H1', 'CENTRE', 'P1', 'CENTRE', 'U1', 'P1'],
          rows)
    Run('route', 'm.gpkg', events, '--output', 'gpkg', '-o', 'd.gpkg').gives(1, '')
    with sqlite3.connect('d.gpkg') as file:
        rows = file.execute('select unit, geom is null from d order by fid').fetchall()
    check('route gpkg', len(rows) == 9 and not any(row[1] for row in rows), rows)
    long_class = 'lon,lat,class\n116.401,39.9005,%s\n116.401,39.9005,01\n' % ('x' * 65)
    Run('route', 'm.gpkg', stdin=long_class.encode()).gives(1).says('column class: is longer than 64 bytes', '2,2,1101')
    # A map in which somebody would answer to nobody is refused.
    Run('route', 'bad.gpkg', events).gives(2, '').says('nobody answers')


# U2 has WELL-7 for its own and keeps it up; rule 20 is for nights and days of rest.
RULES_OF_OBJECTS = '''seq,mode,class,weekdays,hours,owner,role,unit,deadline,tag
10,,,,,upkeep=U2,@upkeep,,four,
20,,,restday,18:00-24:00,,,H1,,夜
30,emergency,,,,,,CENTRE;P1,,
'''
EVENTS_OF_OBJECTS = '''id,object,time,lon,lat
a,WELL-7,2026-11-20T17:00:00+08:00,,
b,LAMP-1,2026-11-21T18:30:00+08:00,,
c,BENCH-1,2026-11-20T17:00:00+08:00,116.401,39.9005
'''
HEAD_OF_ROUTED = 'row,id,cell,area,unit,role,rule,step,priority,due,copy,tags,generation'


def test_route_objects():
    fresh_map('o.gpkg', calendars=read(vector('calendars.csv')), objects=read(vector('objects.csv')).replace(
        '116.4071,39.9046', '116.401,39.9005').replace('116.4102,39.9058', '116.4012,39.9006'),
              deadlines='name,seq,limit,unit\nfour,1,4,working_hour\n', rules=RULES_OF_OBJECTS)
    events = write('o.csv', EVENTS_OF_OBJECTS)
    done = Run('route', 'o.gpkg', events).gives(1)
    rows = [line.split(',') for line in done.out.splitlines()]
    check('route objects: header', ','.join(rows[0]) == HEAD_OF_ROUTED, rows[0])
    check('route objects: rows', [[row[1]] + row[4:8] + [row[9], row[11]] for row in rows[1:]] == [
        ['a', 'U2', '@upkeep', '10', 'owner', '2026-11-23T12:00:00+08:00', ''],
        ['b', 'H1', '', '20', 'unit', '', '夜']], done.out)
    done.says("row 3: line 4: rejected: object: 'BENCH-1'", '1 of 3 rows rejected')
    done = Run('route', 'o.gpkg', events, '--mode', 'emergency').gives(1)
    units = [(line.split(',')[1], line.split(',')[4]) for line in done.out.splitlines()[1:]]
    check('route --mode', units == [('a', 'U2'), ('a', 'CENTRE'), ('a', 'P1'), ('b', 'H1'), ('b', 'CENTRE'),
                                    ('b', 'P1')], units)
    Run('route', 'o.gpkg', events, '--mode', 'a;b').gives(2, '').says('one word')
    Run('route', 'o.gpkg', '--object', 'thing', stdin=b'thing\nWELL-7\n').gives(0).says('U2,@upkeep,10,owner')
    Run('route', 'o.gpkg', events, '--output', 'gpkg', '-o', 'o-out.gpkg').gives(1, '')


def test_explain():
    done = Run('map', 'explain', 'm.gpkg', '--point', '116.4025', '39.9015', '--class', '0201', '--time',
               '2026-11-22T08:30').gives(0, err='')
    done.says('110101001001 (甲社区)', 'S1 (一小)', 'H1 (护校队) as 护校员', 'rule 30, class 02, in layer school area S1')
    check('explain: rules', re.findall(r'^  (\S+) +(matches|no: .*?)(?: \(row \d+\))?$', done.out, re.M) == [
        ('30', 'matches'), ('40', 'no: only severity 200 or more')], done.out)
    done.says('for other classes    10 20')
    Run('map', 'explain', 'm.gpkg', '--point', '116.5', '39.9', '--class', '01').gives(0).says(
        'outside every cell', 'CENTRE', 'fallback unit')
    Run('map', 'explain', 'm.gpkg', '--point', '216.5', '39.9').gives(1).says('rejected: longitude')
    Run('map', 'explain', 'm.gpkg').gives(2, '').says('one of --point LON LAT and --object CODE must be given')


RULES_TO_EXPLAIN = '''seq,mode,class,layer,area,owner,source,min_severity,valid_from,valid_to,weekdays,hours,role,unit,deadline,last
10,,01,,,,,,,,,,网格长,,four,
20,emergency,,,,,,,,,,,,CENTRE,,
30,,02,,,,,,,,,,,CENTRE,,
40,,,area,110101001002,,,,,,,,,CENTRE,,
50,,,,,upkeep=U1,,,,,,,,CENTRE,,
60,,,,,,热线,,,,,,,CENTRE,,
70,,,,,,,200,,,,,,CENTRE,,
80,,,,,,,,2020-01-01,2021-01-01,,,,CENTRE,,
90,,,,,,,,,,6-7,22:00-06:00,,CENTRE,,
100,,,,,,,,,,,,,H1,,1
110,,,,,,,,,,,,,CENTRE,,
'''

EXPLAINED = '''rules
  10                   matches (row 1)
  20                   no: only in mode emergency (row 2)
  40                   no: only in area 110101001002 (row 4)
  50                   no: only for objects with the owner upkeep=U1 (row 5)
  60                   no: only from source 热线 (row 6)
  70                   no: only severity 200 or more (row 7)
  80                   no: valid only from 2020-01-01T00:00:00+08:00 until 2021-01-01T00:00:00+08:00 (row 8)
  90                   no: only on 6-7 at 22:00-06:00 (row 9)
  100                  matches, and is the last (row 10)
  for other classes    30
  behind the last      110
goes to
  1. U1 (甲社区网格长) as 网格长
     why      rule 10, class 01
     step     ancestor: nobody below it has it, the unit has the duty 网格长 in area 110101001001 (甲社区)
     priority 5
     due      2026-11-23T12:00:00+08:00: 4 working_hours by four, seq 10, row 1, calendar default
     then     2026-11-20T17:30:00+08:00: CENTRE (指挥中心), if not acknowledged: escalation 10 (0.5 urgent_hours after the event), priority 5
  2. H1 (护校队)
     why      rule 100
     step     unit: the rule names this unit
     priority 5
     then     2026-11-20T17:30:00+08:00: CENTRE (指挥中心), if not acknowledged: escalation 10 (0.5 urgent_hours after the event), priority 5
'''


def fresh_map(name, **tables):
    """The map of make_map() with other tables: CSV texts by table."""
    shutil.copy('m.gpkg', name)
    for table in ('rules', 'calendars', 'deadlines', 'escalations', 'objects'):
        Run('map', 'drop', name, table).gives(0)
    for table in ('calendars', 'deadlines', 'escalations', 'objects', 'rules'):
        if table in tables:
            Run('map', table, name, '--from', write('t.csv', tables[table])).gives(0)


def test_explain_all():
    fresh_map('x.gpkg', calendars=read(vector('calendars.csv')), escalations=read(vector('escalations.csv')),
              deadlines='name,seq,limit,unit\nfour,10,4,working_hour\n', rules=RULES_TO_EXPLAIN)
    point = ['--point', '116.401', '39.9005', '--class', '0102', '--time', '2026-11-20T17:00']
    done = Run('map', 'explain', 'x.gpkg', *point).gives(0, err='')
    check('explain: everything', done.out[done.out.index('rules\n'):] == EXPLAINED, done.out)
    done = Run('map', 'explain', 'x.gpkg', *point, '--mode', 'emergency', '--source', '热线', '--severity', '255').gives(0)
    check('explain: mode, source and severity', re.findall(r'^  (\d+) +matches', done.out, re.M) == [
        '10', '20', '60', '70', '100'], done.out)
    done = Run('map', 'explain', 'x.gpkg', '--point', '116.5', '39.9').gives(0)
    check('explain: no rules outside', '\nrules\n' not in done.out and 'CENTRE' in done.out, done.out)


# ---- tables as clerks write them --------------------------------------------------------------------

X60, X65 = 'x' * 60, 'x' * 65

# Of each table rows and what is said of them, by row; '' where a row is taken.
BAD_ROWS = {
    'units': ('code,name,kind,parent', [
        ('L1,a,,L2', "column parent: unit: its parent is not there: 'L2'"),
        ('L2,b,,L1', "column parent: unit: its parents make a loop: 'L1'"),
        ('SELF,c,,SELF', "column parent: unit: its parents make a loop: 'SELF'"),
        (X60 + ',long,,U1', ''),
        (X65 + ',long,,U1', "column code: unit code is longer than 64 bytes: '%s'" % X65),
        ('U1,again,,', 'column code: unit: the code is doubled')]),
    'duties': ('layer,area,role,unit,rank', [
        ('area,110101001001,网格长,U1,1', "table wanmi_duties, row 1: column unit: duty in area 110101001001 of layer area: this unit has this role here already: 'U1'"),
        ('area,nowhere,网格长,U1,1', "column area: duty in area nowhere of layer area: the layer has no such area: 'nowhere'"),
        ('nolayer,110101001001,网格长,U1,1', "column layer: duty in area 110101001001 of layer nolayer: the map has no such layer: 'nolayer'"),
        ('area,110101001001,网格长,NOBODY,1', "column unit: duty in area 110101001001 of layer area: there is no such unit: 'NOBODY'"),
        ('area,110101001001,网格长,H1,0', 'column rank: duty rank 0 is below 1'),
        ('area,110101001001,网格长,H1,first', "column rank: no whole number: 'first'"),
        ('area,110101001001,%s,H1,1' % X60, '')]),
    'calendars': ('name,day,hours', [
        ('default,2026-02-30,', "column day: holds no date such as 2008-10-01: '2026-02-30'"),
        ('default,holiday,', "column day: is neither weekdays"),
        ('default,1-9,08:00-12:00', "'1-9'"),
        ('default,2-5,08:00-26:00', "column hours: holds a time that is not from 00:00 to 24:00: '08:00-26:00'"),
        ('default,6,22:00-06:00', "column hours: a calendar's hours cross midnight"),
        ('default,1,08:00-12:00', ''),
        ('default,1-2,08:00-12:00', "column day: meets row 6 of calendar default (1) on one day: '1-2'"),
        ('default,2026-10-02,', ''),
        ('default,2026-10-02,08:00-09:00', "column day: meets row 8 of calendar default (2026-10-02) on one day"),
        ('x,2026-10-07/2026-10-01,', "column day: is a range of dates that ends before it begins"),
        (X60 + ',1,08:00-12:00', '')]),
    'deadlines': ('name,seq,limit,unit,calendar', [
        ('a,10,0,urgent_hour,', "column limit: is 0: '0'"),
        ('a,20,4,hours,', "column unit: is none of urgent_hour, working_hour, working_day, natural_day: 'hours'"),
        ('a,30,4,working_day,none', "column calendar: this calendar is not there: 'none'"),
        ('a,40,1.5,natural_day,', "column limit: is no whole number of days: '1.5'"),
        ('a,50,4,working_hour,', ''),
        ('a,50,4,urgent_hour,', "'50'"),
        (X60 + ',10,4,working_hour,' + X60, '')]),
    'rules': ('seq,class,layer,area,role,at_layer,unit,owner,hours,weekdays,deadline,valid_from,valid_to', [
        ('10,,,,,,NOBODY,,,,,,', "column unit: rule with seq 10: this unit is not there: 'NOBODY'"),
        ('20,,nowhere,,,,U1,,,,,,', "column layer: rule with seq 20: this layer is not there: 'nowhere'"),
        ('30,,area,9*,,,U1,,,,,,', "column area: rule with seq 30: this area is not there: '9*'"),
        ('40,,,,网格长,nowhere,,,,,,,', "column at_layer: rule with seq 40: this layer is not there: 'nowhere'"),
        ('50,,,,,,U1,,25:00-26:00,,,,', "column hours: holds a time that is not from 00:00 to 24:00: '25:00-26:00'"),
        ('60,,,,,,U1,,12:60-13:00,,,,', "column hours"),
        ('70,,,,,,U1,,08:00-08:00,,,,', "column hours: holds a span that ends when it begins: '08:00-08:00'"),
        ('80,,,,,,U1,,,someday,,,', "column weekdays"),
        ('90,,,,,,U1,,,,noname,,', "column deadline: rule with seq 90: this deadline is not there: 'noname'"),
        ('100,,,,,,U1,,,,,2026-01-02,2026-01-01', "column valid_to: is not later than valid_from"),
        ('110,,,,,,U1,,,,,2026-13-01,', "column valid_from: no date or time of ISO 8601: '2026-13-01'"),
        ('120,,,,,,U1,NOBODY=X,,,,,', "column owner: names before its '=' none of authority"),
        ('130,,,,@nobody,,,,,,,,', "column role: begins with '@' and is none of @authority"),
        ('140,,,,,,U1,,,workday@none,,,', "column weekdays: rule with seq 140: names a calendar that is not there: 'workday@none'"),
        ('150,%s,,,,,U1,,,,,,' % X65, "column class: is longer than 64 bytes: '%s'" % X65),
        ('160,%s,,,,,%s,,,,%s,,' % (X60, X60, X60), ''),
        ('160,,,,,,U1,,,,,,', "column seq: is doubled: '160'"),
        ('170,,,,,,,,,,,,', "column unit: is empty, and so is role: nobody would receive anything"),
        ('first,,,,,,U1,,,,,,', "column seq: no whole number: 'first'"),
        (',,,,,,U1,,,,,,', "column seq: is missing")]),
    'escalations': ('seq,on,limit,unit,to,target_unit,target_role,at_layer', [
        ('10,never,1,urgent_hour,unit,CENTRE,,', "column on: is neither ack nor done: 'never'"),
        ('20,ack,1,urgent_hour,unit,NOBODY,,', "column target_unit: this unit is not there: 'NOBODY'"),
        ('30,ack,1,urgent_hour,nobody,,,', "column to: is none of unit_parent, area_parent, holder, unit: 'nobody'"),
        ('40,ack,1,urgent_hour,holder,,网格长,nowhere', "column at_layer: this layer is not there: 'nowhere'"),
        ('50,ack,1,urgent_hour,unit,%s,,' % X60, '')]),
    'objects': ('code,name,class,lon,lat,authority,property,upkeep', [
        ('A,a,,116.401,39.9005,NOBODY,,', "column authority: this unit is not there: 'NOBODY'"),
        ('B,b,,x,39.9,,,', "column lon: no number: 'x'"),
        ('C,c,,216,39.9,,,', "column lon: no position: longitude: '216'"),
        (X60 + ',d,,116.401,39.9005,U1,,', '')]),
}


def test_bad_rows():
    fresh_map('y.gpkg')
    for table, (header, rows) in BAD_ROWS.items():
        bad = [(row, words) for row, (_, words) in enumerate(rows, 1) if words]
        done = Run('map', table, 'y.gpkg', '--from', write('t.csv', '\n'.join([header] + [line for line, _ in rows]) + '\n'))
        done.gives(1).says('%s: %d read, %d taken, %d refused' % (table, len(rows), len(rows) - len(bad), len(bad)))
        said = done.err.splitlines()
        check('bad %s: one line a row' % table, len(said) == len(bad), said)
        for row, words in bad:
            line = next((line for line in said if re.search(r'\brow %d\b(?! of)' % row, line)), '')
            check('bad %s, row %d: %s' % (table, row, words), words in line and line.startswith('wanmi: t.csv: '), line, said)
    Run('check', 'y.gpkg').gives(0).says('0 errors')
    # Areas whose parents are not there, or not of the layer above: the tree of areas cannot loop.
    Run('map', 'layer', 'y.gpkg', '--name', 'loop', '--kind', 'partition', '--level', '3', '--from', vector('communities.geojson'),
        '--code', 'code', '--parent-layer', 'loop', '--parent-field', 'code').gives(2).says('loop')


def says_but_answers(name, code, *words):
    """The map is no good for routing, and says why; all else still works."""
    Run('map', 'list', name).gives(0, err='').says('cell', 'rules')
    done = Run('check', name, '--json', 'c.json').gives(code)
    for word in words:
        check('check of %s says %r' % (name, word), word in done.out, done.out[-1500:])
    located = Run('locate', name, '--point', '116.401', '39.9005').gives(0, err='')
    check('%s is located on' % name, '110101001001017' in located.out, located.out)
    if code == 1:
        done = Run('route', name, stdin=b'lon,lat\n116.401,39.9005\n').gives(2, '')
        check('%s is not routed on' % name, words[0] in done.err, done.err)
    return [(f['table'], f['row'], f['column'], f['value']) for f in json.loads(read('c.json'))['findings'] if f['table']]


def test_plans_refused():
    fresh_map('z.gpkg', rules='seq,role,unit,deadline,weekdays\n10,,U1,later,\n20,,U1,,workday\n30,,U1,,\n')
    found = says_but_answers('z.gpkg', 1, "column deadline: rule with seq 10: there are no deadlines of this name: 'later'",
                             "column weekdays: rule with seq 20: there is no calendar default: 'workday'")
    check('refused plans: table, row, column, value', found == [
        ('wanmi_rules', 1, 'deadline', 'later'), ('wanmi_rules', 2, 'weekdays', 'workday')], found)
    fresh_map('z.gpkg')
    Run('map', 'set', 'z.gpkg', 'fallback_unit', '').gives(0)
    Run('map', 'drop', 'z.gpkg', 'duties').gives(0)
    says_but_answers('z.gpkg', 1, 'nobody answers for this cell and others', 'nobody answers for any cell')
    # A limit that its calendar never reaches.
    fresh_map('z.gpkg', calendars='name,day,hours\ndefault,1-5,\n', deadlines='name,seq,limit,unit\nd,10,4,working_hour\n',
              rules='seq,unit,deadline\n10,U1,d\n')
    found = says_but_answers('z.gpkg', 1, "column calendar: the calendar has too little working time", 'no working hours on any day')
    check('refused plans: the deadline', found[0] == ('wanmi_deadlines', 1, 'calendar', 'default'), found)


def spoilt(sql, listed, located, routed, *words):
    """A map that another program has changed: exit codes of list, locate and route, and what each says."""
    fresh_map('v.gpkg', rules='seq,role,unit,last\n10,网格长,,\n20,,U1,\n',
              calendars='name,day,hours\ndefault,1-5,8-12\n'.replace('8-12', '08:00-12:00'), objects='code,x,y\nO,1,1\n')
    with sqlite3.connect('v.gpkg') as file:
        file.executescript(sql)
    file.close()
    runs = [Run('map', 'list', 'v.gpkg').gives(listed), Run('info', 'v.gpkg').gives(listed),
            Run('check', 'v.gpkg').gives(1), Run('locate', 'v.gpkg', '--point', '116.401', '39.9005').gives(located),
            Run('route', 'v.gpkg', stdin=b'lon,lat\n116.401,39.9005\n').gives(routed),
            Run('map', 'explain', 'v.gpkg', '--point', '116.401', '39.9005').gives(routed)]
    for word in words:
        for run in runs:
            check('%s of a map with %s says %r' % (run.words, sql, word), word in run.out + run.err, run.out[-800:], run.err)
    check('%s: located' % sql, ('110101001001017' in runs[3].out) == (located == 0), runs[3].out)
    check('%s: routed' % sql, ('110101001001017' in runs[4].out) == (routed < 2), runs[4].out, runs[4].err)
    if routed == 2:
        runs[4].says('not routed on: ' if located == 0 else 'not located on: ')


def test_spoilt_maps():
    spoilt("INSERT INTO wanmi_rules (fid, seq, unit) VALUES (90, 90, 'NOBODY')", 1, 0, 2,
           "v.gpkg: table wanmi_rules, row 90: column unit: rule with seq 90: this unit is not there: 'NOBODY'")
    spoilt("UPDATE wanmi_rules SET priority = 'low' WHERE seq = 10", 1, 0, 2, "row 1: column priority: no number", "'low'")
    spoilt("ALTER TABLE wanmi_rules DROP COLUMN hours", 1, 0, 2, "table wanmi_rules: the table has no such column: 'hours'")
    spoilt("UPDATE wanmi_calendars SET day = '2008-02-30'", 1, 0, 2, "table wanmi_calendars, row 1: column day", "'2008-02-30'")
    spoilt("UPDATE wanmi_layers SET parent = 'nowhere' WHERE name = 'cell'", 1, 0, 2, "layer cell: its parent layer is not there")
    # Who is missing here is replaced by who comes next, as ever.
    spoilt("UPDATE wanmi_duties SET unit = 'NOBODY' WHERE role = '网格长'", 1, 0, 1, "table wanmi_duties, row 1: column unit", "'NOBODY'")
    spoilt("INSERT INTO wanmi_units (fid, code, parent) VALUES (90, 'L1', 'L2'), (91, 'L2', 'L1')", 1, 0, 1, 'parents make a loop')
    spoilt("UPDATE wanmi_objects SET upkeep = 'NOBODY'", 1, 0, 1, "table wanmi_objects, row 1: column upkeep", "'NOBODY'")
    spoilt("DROP TABLE wanmi_units", 1, 0, 2, "table wanmi_rules, row 2: column unit: rule with seq 20: this unit is not there: 'U1'")
    # An area that cannot be read would be answered as a gap.
    spoilt("DROP TABLE cell", 1, 2, 2, 'layer cell: wanmi_layers names it, but the file has no table of that name')
    # Two spoilt tables are mended one after the other.
    fresh_map('v.gpkg', rules='seq,unit\n10,U1\n')
    with sqlite3.connect('v.gpkg') as file:
        file.executescript("UPDATE wanmi_rules SET hours = '8'; UPDATE wanmi_duties SET rank = 'first'")
    file.close()
    Run('route', 'v.gpkg', stdin=b'lon,lat\n116.401,39.9005\n').gives(2, '')
    Run('map', 'rules', 'v.gpkg', '--replace', '--from', write('t.csv', 'seq,unit\n10,U1\n')).gives(0, err='')
    Run('route', 'v.gpkg', stdin=b'lon,lat\n116.401,39.9005\n').gives(1).says('column rank')
    Run('map', 'duties', 'v.gpkg', '--replace', '--from', vector('duties.csv')).gives(0, err='')
    Run('route', 'v.gpkg', stdin=b'lon,lat\n116.401,39.9005\n').gives(0, err='')


def test_warnings():
    """What is allowed and hardly meant: routed on, with a warning that names the row."""
    fresh_map('w.gpkg', rules='seq,class,role,unit,last,mode,valid_to,layer,area\n'
              '10,01,网格长,,1,,,,\n20,0102,网格长,,,,,,\n30,,督导员,,,,,,\n40,,,U1,,night,,,\n50,,,U1,,night,,,\n'
              '60,,,U1,,nihgt,,,\n70,,,U1,,,2020-01-01,,\n' + '80,%s,,U1,,,,,\n' % X60)
    Run('map', 'units', 'w.gpkg', '--from', write('t.csv', 'code,name,kind,parent\nIDLE,闲,,\n%s,长,,CENTRE\n' % X60)).gives(0)
    Run('map', 'duties', 'w.gpkg', '--from', write('t.csv', 'layer,area,role,unit,rank\narea,110101001001,网格长,H1,1\n')).gives(0)
    found = says_but_answers('w.gpkg', 0, 'rule with seq 20: can never match: the rule with seq 10',
                             'H1', 'nothing leads to this unit', 'its validity is over', 'no other row names this mode')
    check('warnings: table, row, column, value', sorted(found) == [
        ('wanmi_duties', 5, 'rank', '1'), ('wanmi_rules', 2, '', ''), ('wanmi_rules', 3, 'role', '督导员'),
        ('wanmi_rules', 6, 'mode', 'nihgt'), ('wanmi_rules', 7, 'valid_to', ''), ('wanmi_units', 7, '', ''),
        ('wanmi_units', 8, '', '')], sorted(found))
    Run('route', 'w.gpkg', stdin=b'lon,lat\n116.401,39.9005\n').gives(0)


def test_ten_thousand_rules():
    """On one class, each held against all before it; too many deliveries only where they could meet."""
    cells = ['110101001001%03d' % (1 + i % 20) for i in range(10000)]
    rows = ''.join('%d,01,cell,%s,U1,%d,%d\n' % (i + 1, cells[i], i % 200, 1) for i in range(10000))
    start = time.monotonic()
    fresh_map('t.gpkg', rules='seq,class,layer,area,unit,min_severity,last\n' + rows)
    made = time.monotonic()
    done = Run('check', 't.gpkg', '--json', 'c.json')
    seconds = time.monotonic() - made
    check('ten thousand rules are checked in seconds', seconds < 60, seconds, made - start)
    findings = [f for f in json.loads(read('c.json'))['findings'] if f['table'] == 'wanmi_rules' and f['severity'] == 'warning']
    check('ten thousand rules: what is behind another', len(findings) > 9000, len(findings), done.out[-500:])
    check('ten thousand rules: by row', all(f['row'] > 0 and 'can never match' in f['message'] for f in findings), findings[:2])
    Run('map', 'list', 't.gpkg').gives(0, err='').says('10,000')
    Run('locate', 't.gpkg', '--point', '116.401', '39.9005').gives(0, err='')


# ---- many rows ----------------------------------------------------------------------------------

def many(count):
    lines = ['id,lon,lat,class,time']
    for i in range(count):
        lines.append('n%d,%.7f,%.7f,%02d,2026-11-22T08:%02d' % (
            i, 116.3995 + (i * 7919 % 9001) * 1e-6, 39.8995 + (i * 104729 % 4001) * 1e-6, i % 5, i % 60))
        if i % 997 == 0:
            lines.append('bad%d,here,39,01,' % i)
    return '\n'.join(lines) + '\n'


def test_jobs():
    write('many.csv', many(60000))
    for verb in ('locate', 'route'):
        one = Run(verb, 'm.gpkg', 'many.csv', '--jobs', '1').gives(1)
        four = Run(verb, 'm.gpkg', 'many.csv', '--jobs', '4')
        four.gives(1)
        check(verb + ': 1 job and 4 write the same', one.out == four.out)
        check(verb + ': 1 job and 4 reject the same', one.err == four.err)
        check(verb + ': every row is there', len(one.out.splitlines()) > 60000)
    piped = Run('locate', 'm.gpkg', '--jobs', '3', stdin=read('many.csv').encode())
    check('a pipe gives what a file gives', piped.out == Run('locate', 'm.gpkg', 'many.csv').out)


def shell(line):
    return subprocess.run(['bash', '-c', 'set -o pipefail; ' + line], capture_output=True, timeout=120)


def test_pipes():
    for verb in ('locate', 'route'):
        done = shell("'%s' %s m.gpkg many.csv 2>/dev/null | head -n 2" % (wanmi, verb))
        check(verb + ' | head', len(done.stdout.splitlines()) == 2 and done.returncode in (0, 141), done)
        done = shell("'%s' %s m.gpkg many.csv 2>&1 >/dev/null | head -c 0" % (wanmi, verb))
        check(verb + ' with its messages cut off', done.returncode in (0, 1, 141), done)
        done = Run(verb, 'm.gpkg', 'many.csv', '-o', '/dev/full').gives(2, '')
        check(verb + ' to a full disk says so', 'No space left on device' in done.err, done.err[-300:])
        done = shell("'%s' %s m.gpkg %s >/dev/full" % (wanmi, verb, vector('events.csv')))
        check(verb + ' to a full standard output', done.returncode == 2, done)
    done = shell("'%s' map list m.gpkg >/dev/full" % wanmi)
    check('map list to a full standard output', done.returncode == 2, done)
    done = shell("'%s' locate m.gpkg many.csv --rejects /dev/full" % wanmi)
    check('rejects to a full disk', done.returncode == 2, done.returncode)
    Run('check', 'm.gpkg', '--html', '/dev/full').gives(2).says('cannot be written')


def test_gzip():
    packed = gzip.compress(read('many.csv').encode())
    whole = Run('locate', 'm.gpkg', write('many.csv.gz', packed)).gives(1)
    check('a gzip file gives what the file gives', whole.out == Run('locate', 'm.gpkg', 'many.csv').out)
    spoilt = bytearray(packed)
    spoilt[len(packed) // 2] ^= 0xff
    for what in (packed[:-1], packed[:-8], packed[:-2000], packed[:len(packed) // 2], packed[:12], bytes(spoilt)):
        done = Run('locate', 'm.gpkg', write('cut.csv.gz', what)).gives(2).says(
            'cut.csv.gz: cannot be read: the gzip file is cut off or spoilt')
        check('what was whole is answered', done.out == '' or done.out.endswith('\n'), done.out[-200:])
    Run('locate', 'm.gpkg', write('no.csv.gz', 'id,lon,lat\n')).gives(2, '').says('not a readable gzip file')


def test_outputs_that_harm():
    """What is read is not written over, and a device or pipe keeps its name."""
    with open('m.gpkg', 'rb') as file:
        whole = file.read()
    rows = 'lon,lat\n116.401,39.9005\n'
    os.symlink('m.gpkg', 'link.gpkg')
    for verb in ('locate', 'route'):
        for words in (['-o', 'm.gpkg'], ['-o', 'link.gpkg'], ['--rejects', './m.gpkg'], ['-o', 'in.csv'],
                      ['--rejects', 'in.csv'], ['--output', 'gpkg', '-o', 'm.gpkg']):
            Run(verb, 'm.gpkg', write('in.csv', rows), *words).gives(2, '').says('is read, so it cannot be written')
            check('what is read stays: %s' % words, read('in.csv') == rows)
        Run(verb, 'm.gpkg', 'in.csv', '-o', 'new.csv', '--rejects', 'new.csv').gives(2, '').says('the same file')
    Run('check', 'm.gpkg', '--html', 'm.gpkg').gives(2, '').says('is read, so it cannot be written')
    Run('check', 'm.gpkg', '--json', 'c.out', '--html', 'c.out').gives(2, '').says('the same file')
    with open('m.gpkg', 'rb') as file:
        check('the map stays', file.read() == whole)
    os.mkfifo('pipe')
    os.mkdir('folder')
    shutil.copy(vector('communities.geojson'), 'areas.geojson')
    for name, words in (('pipe', 'a device or a pipe'), ('folder', 'a folder')):
        Run('locate', 'm.gpkg', 'in.csv', '--output', 'gpkg', '-o', name).gives(2, '').says(name + ': cannot be replaced', words)
        Run('grid', '--areas', 'areas.geojson', '--code', 'code', '--crs', 'EPSG:4548', '-o', name).gives(2).says(words)
    check('the pipe stays', stat.S_ISFIFO(os.stat('pipe').st_mode))
    Run('grid', '--areas', 'areas.geojson', '--code', 'code', '--crs', 'EPSG:4548', '-o', 'areas.geojson').gives(2, '').says(
        'is read, so it cannot be written')


def test_answers_as_they_come():
    """Each row is answered while the pipe stays open, and Ctrl-C ends cleanly."""
    for verb, want in (('locate', b'a,110101001001'), ('route', b'1,a,1101010010010')):
        process = subprocess.Popen([wanmi, verb, 'm.gpkg'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdin.write(b'id,lon,lat,class\na,116.401,39.9005,01\n')
        process.stdin.flush()
        process.stdout.readline()
        line = process.stdout.readline()
        check(verb + ' answers at once', line.startswith(want), line)
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=30)
        check(verb + ' after Ctrl-C: 130', process.returncode == 130, process.returncode, err)
    process = subprocess.Popen([wanmi, 'locate', 'm.gpkg', '--output', 'gpkg', '-o', 'stopped.gpkg'],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(b'id,lon,lat\na,116.401,39.9005\n')
    process.stdin.flush()
    time.sleep(1.5)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    check('after SIGTERM: 143', process.returncode == 143, process.returncode)
    with sqlite3.connect('stopped.gpkg') as file:
        rows = file.execute('select id, cell from stopped').fetchall()
    check('what was answered is written', rows == [('a', '110101001001017')], rows)


# ---- check ------------------------------------------------------------------------------------------

def test_check():
    done = Run('check', 'm.gpkg', '--json', 'c.json', '--html', 'c.html').gives(0, err='').says('0 errors')
    report = json.loads(read('c.json'))
    check('check --json', report['counts']['gap'] == 0 and report['counts']['overlap'] == 0, report['counts'])
    page = read('c.html')
    check('the page needs no network', not re.search(r'(src|href)\s*=|@import|url\(', page))
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S).group(1))
    check('the page holds findings and outline', len(data['findings']) == len(report['findings'])
          and [len(layer['areas']) for layer in data['outline']] == [2, 2, 44], data['outline'][:1])
    check('the page counts every kind', set(data['counts']) == set(report['counts']) and
          set(re.findall(r"(\w+): '#", re.search(r'const colours = \{(.*?)\}', page, re.S).group(1))) == set(data['counts']))
    done = Run('check', vector('broken.geojson'), '--crs', 'EPSG:4548', '--code', 'code', '--json', 'c.json',
               '--html', 'c.html').gives(1)
    kinds = [(f['kind'], f['code'], f['row']) for f in json.loads(read('c.json'))['findings']]
    check('defective rings by row', ('geometry', '110101001002', 2) in kinds and ('geometry', '110101001003', 3) in kinds,
          kinds)
    check('the overlap', any(kind == 'overlap' for kind, _, _ in kinds), kinds)
    Run('check', vector('broken.geojson'), '--crs', 'EPSG:4548', '--code', 'code', '--layer-kind', 'overlay',
        '--json', 'c.json').gives(1)
    kinds = [f['kind'] for f in json.loads(read('c.json'))['findings']]
    check('overlays may overlap', kinds == ['geometry', 'geometry'], kinds)
    Run('check', 'nowhere.gpkg').gives(2, '').says('nowhere.gpkg')
    Run('check', 'm.gpkg', '--html', '/nowhere/c.html').gives(2).says('/nowhere/c.html')


# ---- bench ------------------------------------------------------------------------------------------

BENCH_FIELDS = ['bench', 'workload', 'points', 'count', 'method', 'kernel', 'threads', 'median_ns', 'ratio', 'differences']


def check_bench(path, workload, sets, count):
    report = json.loads(read(path))
    rows = report['results']
    check('bench: the machine', all(report['machine'][key] for key in ('processor', 'level', 'compiler', 'versions', 'date')),
          report['machine'])
    check('bench: every row has every field', all(field in row for row in rows for field in BENCH_FIELDS), rows[:1])
    check('bench: the points', {(row['points'], row['datum']) for row in rows} == sets, rows[:1])
    check('bench: of this workload', {row['workload'] for row in rows} == {workload}, rows[:1])
    for row in rows:
        means = row['method'] not in ('proj', 's2', 'floor-stream', 'floor-gather')
        check('bench: %s: no answer differs' % row['method'], not means or
              (row['differences'] == 0 and row['compared'] == min(count, row['count'])), row)
        check('bench: %s: has a time' % row['method'], row['median_ns'] > 0 and row['ratio'] > 0, row)
        check('bench: %s: differences' % row['method'], means or row['differences'] is None, row)
    for asked in ('all layers', 'cells'):
        check('bench: %s: all methods' % asked, {'proj', 'proj+geos', 'exact', 'fast', 'floor-stream', 'floor-gather'} <=
              {row['method'] for row in rows if row['asked'] == asked}, rows)
    check('bench: bytes and build time', report['maps'][0]['bytes_a_cell'] > 0 and report['maps'][0]['build_ms'] > 0,
          report['maps'])


def test_bench():
    if 'carries no benches' in Run('bench', '--help').out:
        return
    Run('bench').gives(2, '').says('wants NAME')
    Run('bench', 'locat').gives(2, '').says("there is no bench 'locat' (did you mean locate?)")
    Run('bench', 'xyzzy').gives(2, '').says("there is no bench 'xyzzy': locate, route, dispatch or flow")
    Run('bench', 'locate', 'W9').gives(2, '').says("there is no workload 'W9'")
    Run('bench', 'locate', '--workload', 'W1,W9').gives(2, '').says("there is no workload 'W9'")
    Run('bench', 'locate', 'W1', '--json', 'nowhere/at/all.json').gives(2, '').says('nowhere/at/all.json: cannot be written')
    Run('bench', 'locate', '--points', 'p.csv').gives(2, '').says('--points wants --map')
    Run('bench', 'locate', 'W1', '--map', 'm.gpkg').gives(2, '').says('not both')
    Run('bench', 'locate', '--map', 'nowhere.gpkg').gives(2, '').says('nowhere.gpkg')
    Run('bench', 'locate', 'W1', '--verify', '1', '--jobs', '0').gives(2, '').says('--jobs: from 1')
    Run('bench', 'locate', 'W1', '--rounds', '0').gives(2, '').says('--rounds: from 1')
    done = Run('bench', 'locate', '--workload', 'W1', '--points-count', '2000', '--rounds', '2', '--json', 'b.json',
               '--plot', 'b.svg')
    check('bench --plot: well-formed', all(text in ''.join(xml.etree.ElementTree.parse('b.svg').getroot().itertext())
          for text in ('W1: uniform points (wgs84)', 'proj+geos', 'floor-gather')))
    done.gives(0, err='').says('W1, uniform points (wgs84), all layers', 'a cell')
    check_bench('b.json', 'W1', {('uniform', 'wgs84'), ('clustered', 'wgs84'), ('adversarial', 'wgs84'),
                                 ('adversarial', 'map'), ('trajectory', 'wgs84')}, 2000)
    Run('bench', 'route', 'W1').gives(2, '').says('takes no workload')
    Run('bench', 'route', '--points-count', '3000', '--rounds', '1', '--json', 'b.json').gives(0, err='').says('10000 cells')
    rows = json.loads(read('b.json'))['results']
    check('bench route', all(field in row for row in rows for field in BENCH_FIELDS) and [row['method'] for row in rows][:2] == ['plain', 'fast'] and rows[-1]['kernel'] == 'portable' and
          all(row['differences'] == 0 and row['count'] == 3000 and 1 < row['deliveries'] < 2 for row in rows), rows)
    Run('bench', 'dispatch', 'W1').gives(2, '').says('takes no workload')
    Run('bench', 'dispatch', '--points-count', '2000', '--rounds', '1', '--json', 'b.json').gives(0, err='').says('4 producers')
    rows = json.loads(read('b.json'))['results']
    check('bench dispatch', all(field in row for row in rows for field in BENCH_FIELDS) and
          {row['workload'] for row in rows} == {'ring', 'submit', 'latency at once', 'latency after 500 us'} and
          all({'mutex', 'wanmi'} <= {row['method'] for row in rows if row['workload'] == name} for name in ['ring', 'submit']) and
          all(row['differences'] == 0 and row['median_ns'] > 0 for row in rows), rows)
    Run('bench', 'dispatch', '--overload', '--sick').gives(2, '').says('not both')
    Run('bench', 'dispatch', '--seconds', '1').gives(2, '').says('go with --overload or --sick')
    Run('bench', 'dispatch', '--overload', '--rate', '5').gives(2, '').says('finds its rates itself')
    Run('bench', 'dispatch', '--sick', '--seconds', '-1').gives(2, '').says('from 0')
    Run('bench', 'locate', '--sick').gives(2, '').says('go with dispatch')
    Run('bench', 'dispatch', '--overload', '--seconds', '1', '--rounds', '1', '--json', 'b.json').gives(0, err='') \
        .says('drop-oldest', 'of peak', 'snapshots: 0 differences')
    rows = json.loads(read('b.json'))['results']
    check('bench dispatch --overload', all(field in row for row in rows for field in BENCH_FIELDS) and
          [(row['method'], row['load']) for row in rows] ==
          [(name if load else 'peak', load) for name in ['overflow', 'drop-oldest'] for load in [0, 1, 2, 10]] and
          all(row['differences'] == 0 and row['median_ns'] > 0 and row['snapshots'] > 0 for row in rows), rows)
    Run('bench', 'dispatch', '--sick', '--seconds', '1', '--rounds', '1', '--rate', '50000', '--json', 'b.json') \
        .gives(0, err='').says('of well', 'the process was killed')
    rows = json.loads(read('b.json'))['results']
    check('bench dispatch --sick', all(field in row for row in rows for field in BENCH_FIELDS) and
          [row['method'] for row in rows] == ['well', 'hangs', 'retries', 'killed'] and
          all(row['differences'] == 0 and row['count'] > 0 for row in rows) and
          [row['third_took'] > 0 for row in rows][:3] == [True, False, False], rows)
    Run('bench', 'flow', 'W1', 'W2').gives(2, '').says('one workload')
    Run('bench', 'flow', '--seconds', '1').gives(2, '').says('go with --chaos')
    Run('bench', 'flow', '--chaos', 'W1').gives(2, '').says('takes no workload')
    Run('bench', 'flow', '--chaos', '--producers', '17').gives(2, '').says('--producers: from 1 to 16')
    Run('bench', 'flow', '--quick', '--points-count', '2000', '--rounds', '1', '--json', 'b.json').gives(0, err='') \
        .says('hand-over to the ring')
    rows = json.loads(read('b.json'))['results']
    check('bench flow', all(field in row for row in rows for field in BENCH_FIELDS) and
          [row['method'] for row in rows][:3] == ['exact', 'loop', 'wanmi'] and
          all(row['differences'] == 0 and row['median_ns'] > 0 for row in rows[:3]) and
          {row.get('stage') for row in rows[3:]} >= {'locate', 'route', 'submit, all of these'}, rows)
    Run('bench', 'flow', '--chaos', '--seconds', '2', '--rate', '50000', '--json', 'b.json').gives(0, err='') \
        .says('pending', 'holds', ': 0 differences')
    row = json.loads(read('b.json'))['results'][0]
    check('bench flow --chaos', row['workload'] == 'chaos' and row['differences'] == 0 and row['delivered'] > 0, row)
    points = 'lon,lat\n' + ''.join('%.6f,%.6f\n' % (116.4 + i * 1e-5, 39.9 + i * 1e-5) for i in range(500))
    write('points.csv', points + '200,100\nnan,1\nx,39.9\n')
    Run('bench', 'locate', '--map', 'm.gpkg', '--points', 'points.csv', '--rounds', '1', '--json', 'b.json').gives(0) \
        .says("points.csv", "'x'")
    check_bench('b.json', 'm.gpkg', {('file', 'wgs84')}, 10 ** 9)
    Run('bench', 'locate', '--map', 'm.gpkg', '--points', 'points.csv', '--rounds', '1', '--postgis', 'host=/nowhere') \
        .gives(0).says('PostGIS')
    Run('bench', 'locate', '--map', 'm.gpkg', '--points', 'points.csv', '--datum', 'bd09').gives(2, '').says('bd09')
    Run('bench', 'locate', '--map', 'm.gpkg', '--verify', '60000', '--adversarial', '20000', '--jobs', '2', '--json', 'b.json') \
        .gives(0, err='').says("m.gpkg, adversarial points (map), from the oracle on PROJ's x, y")
    rows = json.loads(read('b.json'))['results']
    check('bench --verify: rows', {(row['points'], row['datum'], row['method']) for row in rows} >=
          {(points, datum, method) for points, datum in (('uniform', 'wgs84'), ('adversarial', 'wgs84'), ('adversarial', 'map'))
           for method in ('fast', 'exact', 'proj+geos')}, rows)
    check('bench --verify: nothing differs', all(row['differences'] == 0 and (row['count'] > 0 or row['method'] != 'fast') for row in rows), rows)
    check('bench --verify: as many as were asked', {row['count'] for row in rows if row['method'] == 'fast' and
          row['points'] in ('uniform', 'adversarial')} == {60000, 20000}, rows)
    Run('bench', 'locate', '--map', 'm.gpkg', '--points-count', '500', '--rounds', '1', '--json', '/nowhere/b.json') \
        .gives(2).says('/nowhere/b.json')


for name, test in list(globals().items()):
    if name == 'make_map' or name.startswith('test_'):
        try:
            test()
        except Exception as error:  # a test that breaks must not hide the others
            check('%s runs: %r' % (name, error), False)
print('%d passed, %d failed' % (counts['passed'], counts['failed']))
sys.exit(counts['failed'] != 0)

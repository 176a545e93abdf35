// Units by Grafana's identifiers.
import type { Zone } from '../../lib/time';
import { formatDate } from '../variables/format';
import {
  binary,
  clock,
  count,
  currency,
  fixed,
  fromNow,
  moment,
  percent,
  short,
  si,
  span,
  toFixed,
  words,
  yesNo,
  type Writer,
  type Written,
} from './unit-kinds';

const plain: Writer = (value, decimals) => ({ text: toFixed(value, decimals) });

/** Units that are written alike: `id` or `id=word` separated by blanks; `_` in a word is a blank. */
function family(list: string, make: (word: string) => Writer): [string, Writer][] {
  return list.split(' ').map((entry) => {
    const [id = '', word] = entry.split('=');
    return [id, make((word ?? id).replaceAll('_', ' '))];
  });
}

/** A family whose members begin at kilo, mega, giga, tera, peta. */
function sizes(ids: string, make: (offset: number) => Writer): [string, Writer][] {
  return ids.split(' ').map((id, i) => [id, make(i + 1)]);
}

const UNITS: ReadonlyMap<string, Writer> = new Map<string, Writer>([
  ['none', plain],
  ['string', plain],
  ['short', short],
  ['sishort', (value, decimals, zone) => trimmed(si('')(value, decimals, zone))],
  ['percent', percent(1)],
  ['percentunit', percent(100)],
  ['humidity', fixed('%H')],
  ['dB', fixed('dB')],
  ['hex', (value) => ({ text: Math.round(value).toString(16).toUpperCase() })],
  ['hex0x', (value) => ({ text: `0x${Math.round(value).toString(16).toUpperCase()}` })],
  ['sci', (value, decimals) => ({ text: value.toExponential(decimals) })],
  ['locale', (value, decimals) => ({ text: value.toLocaleString('en-GB', { maximumFractionDigits: decimals ?? 3 }) })],
  ['pixel', fixed('px')],
  ['bool', yesNo('True', 'False')],
  ['bool_yes_no', yesNo('Yes', 'No')],
  ['bool_on_off', yesNo('On', 'Off')],

  ['bytes', binary('B')],
  ['decbytes', si('B')],
  ['bits', binary('b')],
  ['decbits', si('b')],
  ...sizes('kbytes mbytes gbytes tbytes pbytes', (at) => binary('B', at)),
  ...sizes('deckbytes decmbytes decgbytes dectbytes decpbytes', (at) => si('B', at)),
  ['Bps', si('B/s')],
  ['binBps', binary('B/s')],
  ['bps', si('b/s')],
  ['binbps', binary('b/s')],
  ['pps', si('p/s')],
  ...sizes('KBs MBs GBs TBs PBs', (at) => si('B/s', at)),
  ...sizes('KiBs MiBs GiBs TiBs PiBs', (at) => binary('B/s', at)),
  ...sizes('Kbits Mbits Gbits Tbits Pbits', (at) => si('b/s', at)),
  ...sizes('Kibits Mibits Gibits Tibits Pibits', (at) => binary('b/s', at)),

  ['ns', span(1e-9)],
  ['µs', span(1e-6)],
  ['us', span(1e-6)],
  ['ms', span(1e-3)],
  ['s', span(1)],
  ['m', span(60)],
  ['h', span(3600)],
  ['d', span(86_400)],
  ['dtdurations', words(1)],
  ['dtdurationms', words(1e-3)],
  ['dthms', clock(1, false)],
  ['dtdhms', clock(1, true)],
  ['clocks', clock(1, false)],
  ['clockms', clock(1e-3, false)],
  ['timeticks', (value, decimals, zone) => span(1)(value / 100, decimals, zone)],
  ['dateTimeAsIso', moment(false, 'iso')],
  ['dateTimeAsIsoNoDateIfToday', moment(true, 'iso')],
  ['dateTimeAsUS', moment(false, 'us')],
  ['dateTimeAsUSNoDateIfToday', moment(true, 'us')],
  ['dateTimeAsLocal', moment(false, 'iso')],
  ['dateTimeAsLocalNoDateIfToday', moment(true, 'iso')],
  ['dateTimeAsSystem', moment(false, 'iso')],
  ['dateTimeFromNow', fromNow],

  ...family(
    'cps=c/s ops=ops/s reqps=req/s rps=rd/s wps=wr/s iops=io/s eps=evt/s mps=msg/s recps=rec/s rowsps=rows/s ' +
      'cpm=c/m opm=ops/m rpm=rd/m wpm=wr/m reqpm=req/m mpm=msgs/m eventpm=evts/m recpm=rec/m rowspm=rows/m',
    count,
  ),
  ...family(
    'hertz=Hz rothz=Hz watt=W voltwatt=VA Wh watth=Wh joule=J ev=eV amp=A volt=V ohm=Ω farad=F henry=H ' +
      'voltamp=VA voltampreact=var lumens=Lm newton=N flops=FLOP/s Hs=H/s pressurepa=Pa pressurebar=bar ' +
      'lengthm=m litre=L massg=g radbq=Bq radgy=Gy radsv=Sv radci=Ci amph=Ah forceN=N concmol=mol',
    (word) => si(word),
  ),
  ['mwatt', si('W', -1)],
  ['kwatt', si('W', 1)],
  ['megwatt', si('W', 2)],
  ['gwatt', si('W', 3)],
  ['kwatth', si('Wh', 1)],
  ['kvoltamp', si('VA', 1)],
  ['kvoltampreact', si('var', 1)],
  ['kamph', si('Ah', 1)],
  ['mamph', si('Ah', -1)],
  ['mohm', si('Ω', -1)],
  ['forcekN', si('N', 1)],
  ['pressurekpa', si('Pa', 1)],
  ['radmsv', si('Sv', -1)],
  ['mamp', si('A', -1)],
  ['kamp', si('A', 1)],
  ['mvolt', si('V', -1)],
  ['kvolt', si('V', 1)],
  ['kohm', si('Ω', 1)],
  ['Mohm', si('Ω', 2)],
  ['µfarad', si('F', -2)],
  ['nfarad', si('F', -3)],
  ['pfarad', si('F', -4)],
  ['lengthmm', si('m', -1)],
  ['lengthkm', si('m', 1)],
  ['mlitre', si('L', -1)],
  ['massmg', si('g', -1)],
  ['masskg', si('g', 1)],
  ['masst', fixed('t')],
  ['pressurembar', si('bar', -1)],
  ['pressurekbar', si('bar', 1)],
  ['pressurehpa', fixed('hPa')],
  ['KHs', si('H/s', 1)],
  ['MHs', si('H/s', 2)],
  ['GHs', si('H/s', 3)],
  ['mflops', si('FLOP/s', 2)],
  ['gflops', si('FLOP/s', 3)],
  ['tflops', si('FLOP/s', 4)],
  ...family(
    'celsius=°C fahrenheit=°F kelvin=K degree=° radian=rad grad accMS2=m/sec² accFS2=f/sec² accG=g velocityms=m/s velocitykmh=km/h ' +
      'velocitymph=mph velocityknot=kn rotrpm=rpm rotrads=rad/s rotdegs=°/s lengthin=in lengthft=ft lengthmi=mi areaM2=m² areaF2=ft² ' +
      'areaMI2=mi² m3=m³ Nm3=Nm³ dm3=dm³ gallons=gal flowgpm=gpm flowcms=cms flowcfs=cfs flowcfm=cfm litreh=L/h flowlpm=L/min ' +
      'flowmlpm=mL/min lux pressurepsi=psi pressureinhg="Hg pressurehg="Hg Wm2=W/m² watthperkg=Wh/kg kwattm=kW-min areaha=ha forceNm=Nm forcekNm=kNm dBm ppm conppb=ppb conmgm3=mg/m³ conμgm3=μg/m³ ' +
      'conngm3=ng/m³ conmgdL=mg/dL conmmolL=mmol/L masslb=lb radr=R radrad=rad radrem=rem amphour=Ah kbtu=kBTU Cel=°C ' +
      'chwdegree=° ah=Ah',
    fixed,
  ),
  ...family(
    'currencyUSD=$ currencyGBP=£ currencyEUR=€ currencyJPY=¥ currencyRUB=₽ currencyUAH=₴ currencyBRL=R$ currencyINR=₹ currencyKRW=₩ ' +
      'currencyBTC=฿ currencyTRY=₺ currencyPHP=PHP currencyCLP=CLP currencyIDR=Rp_ currencyMYR=RM currencyZAR=R currencyILS=₪ currencyVND=đ ' +
      'currencyCNY=¥ currencyMBTC=mBTC currencyμBTC=μBTC',
    (word) => currency(word),
  ),
  ...family(
    'currencyDKK=kr currencyISK=kr currencyNOK=kr currencySEK=kr currencyCZK=czk currencyCHF=CHF currencyPLN=PLN currencyHUF=HUF currencyMAD=MAD currencyRON=RON',
    (word) => currency(word, true),
  ),
]);

function trimmed({ text, suffix = '' }: Written): Written {
  return { text, suffix: suffix.trim() === '' ? '' : suffix };
}

/** The writer of a unit; one that nobody knows stands behind the number as it is. */
export function unitOf(id: string | undefined): Writer {
  if (!id) return plain;
  const known = UNITS.get(id);
  if (known) return known;
  const own = /^(prefix|suffix|si|count|currency|bool|time):(.*)$/s.exec(id);
  const word = own?.[2] ?? '';
  switch (own?.[1]) {
    case 'prefix':
      return (value, decimals) => ({ prefix: word, text: toFixed(value, decimals) });
    case 'suffix':
      return (value, decimals) => ({ text: toFixed(value, decimals), suffix: word });
    case 'si':
      return /^[fpnµmkMGTPEZY]./.test(word)
        ? si(word.slice(1), 'fpnµm kMGTPEZY'.indexOf(word.charAt(0)) - 5)
        : si(word);
    case 'count':
      return count(word);
    case 'currency':
      return currency(word);
    case 'bool':
      return yesNo(word.split('/')[0] ?? 'True', word.split('/')[1] ?? 'False');
    case 'time':
      return (value, _decimals, zone) => ({ text: formatDate(value, word.trim(), zone) });
    default:
      return fixed(id);
  }
}

/** A number with its unit as one text. */
export function formatUnit(id: string | undefined, value: number, decimals: number | undefined, zone: Zone): string {
  const { prefix = '', text, suffix = '' } = unitOf(id)(value, decimals, zone);
  return prefix + text + suffix;
}

/** What an editor offers: the units that nearly all dashboards use. */
export const COMMON_UNITS: readonly string[] = [
  'none',
  'short',
  'percent',
  'percentunit',
  'bytes',
  'decbytes',
  'bits',
  'Bps',
  'binBps',
  'bps',
  's',
  'ms',
  'µs',
  'ns',
  'm',
  'h',
  'd',
  'dtdurations',
  'dtdurationms',
  'ops',
  'reqps',
  'pps',
  'iops',
  'eps',
  'rps',
  'wps',
  'hertz',
  'watt',
  'volt',
  'amp',
  'celsius',
  'fahrenheit',
  'rotrpm',
  'currencyUSD',
  'currencyEUR',
  'dateTimeAsIso',
  'dateTimeFromNow',
  'bool_yes_no',
  'bool_on_off',
];

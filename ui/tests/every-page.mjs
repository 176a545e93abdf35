// Every page, and what is there once it shows what it is for.
import { panel } from './browser.mjs';

export const PAGES = [
  ['query', '.cm-content'],
  [panel({ expr: 'up' }), '.result-table td'],
  [panel({ expr: 'up', tab: 'graph', range_input: '5m' }), '.plot canvas'],
  [panel({ expr: 'sum(up)', tab: 'explain' }), '.plan-node'],
  ['targets', '.target-table td'],
  ['targets?state=dropped', '.pool, .empty'],
  ['alerts', '.alert-table td'],
  ['rules', '.rule-table td'],
  ['notifications?inhibited=true', '.alert-item'],
  ['silences', '.toolbar'],
  ['alert-history?show=alerts', '.history-table td'],
  ['silence?filter=%7Bseverity%3D%22page%22%7D', '.matcher-row'],
  ['service-discovery', '.discovery-table td'],
  ['dashboards', '.dash-folder'],
  ['d/every-kind', '.dash-tile-value'],
  ['tsdb-status', '.ranking'],
  ['routing', '.route'],
  ['cluster', '.empty'],
  ['pushgateway', '.toolbar'],
  ['cardinality', '.ranking'],
  ['sending', '.card'],
  ['status', '.facts'],
  ['flags', '.facts'],
  ['config', '.yaml'],
];

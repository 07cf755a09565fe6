import { eventDataBytes, MAX_EVENT_DATA_BYTES } from '../../outbox/outbox.service.js';
import { RESOURCE_TYPE_CATALOGUE } from '../resource-types/catalogue.js';
import { SCANNED_TYPES } from '../resource-types/resource-type.types.js';
import { TypeCollector } from './type-collector.js';

describe('the reasons why types are incomplete', () => {
  it.each([
    ['letters', 'a'],
    ['three-byte letters', '語'],
    ['surrogate pairs', '😀'],
    ['characters that JSON escapes', '\u0001'],
    ['quotes', '"'],
  ])('fit into one event together when every type has the longest one of %s', (_what, character) => {
    const incomplete = SCANNED_TYPES.map((type) => {
      const definition = RESOURCE_TYPE_CATALOGUE[type];
      const collector = new TypeCollector(definition);
      collector.lacks(character.repeat(5000));
      for (let n = 0; n < 99_999; n++) collector.lacks('another');
      const { reason } = collector;
      expect(reason?.isWellFormed()).toBe(true);
      return { resourceType: definition.type, reason, since: new Date(0).toISOString() };
    });
    const id = '00000000-0000-0000-0000-000000000000';
    const data = { tenantId: id, entraTenantId: id, scanId: id, reportId: id, reason: 'x'.repeat(200), incomplete };
    expect(eventDataBytes(data)).toBeLessThanOrEqual(MAX_EVENT_DATA_BYTES);
  });

  it('are shown whole when they are of usual length', () => {
    const collector = new TypeCollector(RESOURCE_TYPE_CATALOGUE.group);
    const reason = `/groups: ${'the application lacks a permission. '.repeat(7)}`;
    collector.lacks(reason);
    expect(collector.reason).toBe(reason);
  });
});

import { POISON_FAMILIES } from '@harvest/config';
import { TOPIC_FAMILIES } from '@harvest/contracts';

it('the poison policies name every family of topics, and no other', () => {
  expect([...POISON_FAMILIES].toSorted()).toEqual([...TOPIC_FAMILIES].toSorted());
});

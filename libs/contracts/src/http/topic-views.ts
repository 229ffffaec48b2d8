import { z } from 'zod';

const count = z.int().min(0);
const meanScore = z.number().min(0).max(100).optional().describe('Of the discoveries; left out where there is none.');
const named = {
  topicId: z.string(),
  name: z.string().describe('Of a topic that is known by its name only: the smallest spelling that artifacts use.'),
  taxonomyPath: z.string().optional(),
};
const figures = { artifacts: count.describe('Observed, scored or not.'), discoveries: count, meanScore };

export const topicSchema = z.object({ ...named, ...figures });
export type TopicView = z.infer<typeof topicSchema>;

export const topicPageSchema = z.object({
  items: z.array(topicSchema),
  nextCursor: z.string().nullable().describe('Give it as `cursor` to get the next page; null on the last.'),
  hasMore: z.boolean(),
});

export const topicDetailSchema = topicSchema.extend({
  spellings: z.array(z.object({ name: z.string(), artifacts: count })).describe('As artifacts name it, the commonest first.'),
});

export const topicTimelineSchema = z.object({
  topicId: z.string(),
  bucket: z.enum(['day', 'month', 'year']),
  items: z
    .array(z.object({ start: z.string().describe('The first UTC day.'), ...figures }))
    .describe('The latest first; empty ones are left out.'),
  hasMore: z.boolean().describe('Go on with `until` as the last `start`.'),
});

export const trendingTopicsSchema = z.object({
  window: z.object({ since: z.string(), until: z.string().describe('Exclusive.'), days: z.int().min(1) }),
  items: z.array(
    z.object({
      ...named,
      ...figures,
      artifactsBefore: count.describe('In the equally long stretch before the window.'),
      growth: z.number().describe('(artifacts − artifactsBefore) / max(1, artifactsBefore)'),
      velocity: z.number().min(0).describe('Artifacts per day.'),
      acceleration: z.number().describe('Velocity of the second half of the window minus that of the first.'),
      emergence: z.number().min(0).max(100).optional().describe('Left out of windows under seven days.'),
      prediction: z
        .enum(['rapidly-emerging', 'emerging', 'stable', 'declining'])
        .describe('By the daily growth of 60 days: over 5 %, over 1 %, over −1 %, less.'),
    }),
  ),
});

export const entitySchema = z.object({
  entityId: z.string(),
  name: z.string().describe('The smallest spelling that artifacts use.'),
  ...figures,
  roles: z
    .object({ author: count, person: count, lab: count, organisation: count })
    .describe('Artifacts that name it so: as an author, or in their classification.'),
  spellings: z.array(z.object({ name: z.string(), artifacts: count })).describe('As artifacts name it, the commonest first.'),
});
export type EntityView = z.infer<typeof entitySchema>;

import type { ChangeFeed } from '@harvest/read-models';
import type { NoticeListener } from './notice-listener';
import { NOTICE_CHANNEL, parseNotice } from './notices';

export class PostgresChangeFeed implements ChangeFeed {
  constructor(private readonly listener: NoticeListener) {}

  subscribe(listener: Parameters<ChangeFeed['subscribe']>[0]): Promise<() => Promise<void>> {
    return this.listener.subscribe({
      onNotification: (channel, payload) => {
        const notice = channel === NOTICE_CHANNEL ? parseNotice(payload) : null;
        if (notice !== null) listener.onNotice(notice);
      },
      onReconnected: () => listener.onReconnected(),
      onDisconnected: () => listener.onDisconnected(),
    });
  }
}

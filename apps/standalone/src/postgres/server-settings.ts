import type { PostgresBinaries } from './postgres-binaries';
import { hasLibrary } from './postgres-binaries';

const MAX_CONNECTIONS = 120;

/** The settings the product recommends, on a machine shared with other things; durability stays on. */
export function serverSettings(binaries: PostgresBinaries): Readonly<Record<string, string>> {
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(MAX_CONNECTIONS),
    shared_buffers: '128MB',
    max_wal_size: '2GB',
    wal_compression: 'on',
    checkpoint_timeout: '15min',
    track_io_timing: 'on',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(hasLibrary(binaries, 'pg_stat_statements') ? { shared_preload_libraries: 'pg_stat_statements' } : {}),
  };
}

export function settingFlags(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

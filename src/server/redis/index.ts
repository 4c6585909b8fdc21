export type { RedisClient, RedisSubscriber } from './client.js';
export { type RedisLog, type RedisLogOptions, redisLog } from './redis-log.js';

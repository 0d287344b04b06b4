insert into {table} (feed, {columns})
select {feed}, {columns} from {stage}
on conflict do nothing

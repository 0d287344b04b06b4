-- Those of the staged keys that the table holds, under whatever day. Each is looked up by the index (which `offset 0`
-- makes sure of): reading the whole table instead would cost more with every row it holds.
select {key} from {keys} as staged
where exists (select from {table} as stored where {same_key} offset 0)

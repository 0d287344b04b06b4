-- Rows that say what they said, and when they said it earlier: no amendment, but rows of other days are held against it.
update {table} as stored
set source_updated_at = staged.source_updated_at
from {amended} as staged
where {same_key} and not staged."values:differ"

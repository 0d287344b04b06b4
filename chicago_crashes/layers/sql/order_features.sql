update {table} as stored
set position = staged.position
from staged_features as staged
where stored.layer_id = %(layer_id)s and staged.feature = stored.{key} and stored.position <> staged.position

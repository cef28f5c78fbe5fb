-- What an operator may change about an environment after it was added.
--
-- read_back: whether GetConnectedAccountAuth returns tokens to service credentials; off unless somebody turned it on.
-- tool_naming: 'behalf' or 'scalekit', the style of tool names that lists show first.

ALTER TABLE environment ADD COLUMN read_back INTEGER NOT NULL DEFAULT 0;
ALTER TABLE environment ADD COLUMN detailed_error_logging INTEGER NOT NULL DEFAULT 0;
ALTER TABLE environment ADD COLUMN tool_naming TEXT NOT NULL DEFAULT 'behalf';

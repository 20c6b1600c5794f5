{# Generic tests of the project. #}

{% test one_row_per(model, columns) %}
select {{ columns | join(', ') }}, count(*) as RowCount
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
